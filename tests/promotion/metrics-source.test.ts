import { expect, test } from "vitest";
import type { Counts } from "../../promotion/counts.ts";
import { consistent, type MetricsSource } from "../../promotion/metrics-source.ts";
import { seen } from "./fixtures.ts";

const source = (user: Partial<Counts>): MetricsSource =>
  consistent({
    poll: async () => ({ silent: false, since: "a", services: { akosha: seen({ candidate: { user } }) } }),
    samples: async () => [],
  });

test.each<[Partial<Counts>]>([
  [{}],
  [{ requests: 9, failures: 9 }],
  [{ requests: 9, failures: 3, refused: 3, slow: 3, toolErrors: 2, unread: 1 }],
])("counts that can be are passed on: %o", async (user) => {
  expect(await source(user).poll()).toMatchObject({ silent: false, services: { akosha: { candidate: { user } } } });
});

test.each<[Partial<Counts>]>([
  [{ requests: 9, failures: 12 }],
  [{ requests: 9, failures: 5, refused: 5 }],
  [{ requests: 9, failures: 5, slow: 5 }],
  [{ requests: 9, refused: 5, toolErrors: 3, unread: 2 }],
  [{ requests: 9, slow: -1 }],
])("a source whose counts cannot be is silent, and says which: %o", async (user) => {
  expect(await source(user).poll()).toEqual({
    silent: true,
    why: expect.stringMatching(
      /^the counts of akosha contradict themselves: 9 requests of users to its candidate, \d+ failed/,
    ),
  });
});
