import { describe, expect, test } from "vitest";
import type { Pair } from "../../../../infra/deployment.ts";
import { ReleaseError } from "../../../../infra/release/release.ts";
import { callersOf, placementOf } from "../../../../infra/targets/cloud-run/placement.ts";
import { cloudRunWith, revisionOf } from "./fixtures.ts";

const pair = (stable: Pair["stable"], candidate?: Pair["stable"]): [Pair["stable"]["service"], Pair] => [
  stable.service,
  { stable, ...(candidate && { candidate }) },
];

test("only single writers are placed on the machine", () => {
  const pairs = new Map([
    pair(revisionOf("session-buddy", "a")),
    pair(revisionOf("akosha", "a")),
    pair(revisionOf("mahavishnu", "a")),
  ]);
  const { stateless, single } = placementOf(pairs);
  expect([...stateless.keys()]).toEqual(["akosha", "mahavishnu"]);
  expect([...single.keys()]).toEqual(["session-buddy"]);
});

test("a candidate cannot go from Cloud Run to the machine in steps", () => {
  const single = revisionOf("akosha", "b", cloudRunWith({ sessions: { akosha: "single" }, sizes: alone }));
  const move = () => placementOf(new Map([pair(revisionOf("akosha", "a"), single)]));
  expect(move).toThrow(ReleaseError);
  expect(move).toThrow(/akosha: akosha-\w+ is single and akosha-\w+ is stateless.*Name the release as stable/);
});

const alone = { akosha: { instances: { min: 1, max: 1 } } };

describe("peers called through a proxy", () => {
  test("are those of both revisions", () => {
    const mahavishnu = revisionOf("mahavishnu", "a");
    const { identityProxy: _, ...quiet } = mahavishnu;
    const called = new Map([["akosha", ["mahavishnu"]]]);
    expect(callersOf(new Map([pair(mahavishnu)]))).toEqual(called);
    expect(callersOf(new Map([pair(quiet, mahavishnu)]))).toEqual(called);
    expect(callersOf(new Map([pair(quiet)]))).toEqual(new Map());
  });
});
