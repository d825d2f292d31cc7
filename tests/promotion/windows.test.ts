import { describe, expect, test } from "vitest";
import { noCounts } from "../../promotion/counts.ts";
import { addWindows, type Seen, windowsSince } from "../../promotion/windows.ts";
import { counts, seen } from "./fixtures.ts";

const at = (since: string, requests: number, failures = 0): Seen => ({
  silent: false,
  since,
  services: {
    akosha: seen({ candidate: { user: { requests, failures } }, stable: { probe: { requests: 2 * requests } } }),
  },
});

describe("what was counted between two observations", () => {
  test("is the difference, number by number", () => {
    const all = { requests: 9, failures: 1, slow: 2, toolErrors: 3, rpcErrors: 4 };
    const more = { requests: 19, failures: 2, slow: 4, toolErrors: 6, rpcErrors: 8 };
    const one: Seen = {
      silent: false,
      since: "a",
      services: { akosha: seen({ candidate: { user: all, probe: all }, stable: { user: all, probe: all } }) },
    };
    const two: Seen = {
      silent: false,
      since: "a",
      services: { akosha: seen({ candidate: { user: more, probe: more }, stable: { user: more, probe: more } }) },
    };
    const grown = { requests: 10, failures: 1, slow: 2, toolErrors: 3, rpcErrors: 4 };
    expect(windowsSince(one, two)).toEqual({
      akosha: seen({ candidate: { user: grown, probe: grown }, stable: { user: grown, probe: grown } }),
    });
  });

  test("is nothing before the first one", () => {
    expect(windowsSince(null, at("a", 10))).toEqual({});
  });

  test("is all of it when what counts began again, even if it has counted more by now", () => {
    expect(windowsSince(at("a", 10), at("b", 30))).toEqual(at("b", 30).services);
  });

  test("is all of it when a count went down", () => {
    expect(windowsSince(at("a", 10), at("a", 7, 2))).toEqual(at("a", 7, 2).services);
  });

  test("is all of it for a service that was not seen before", () => {
    const before: Seen = { silent: false, since: "a", services: {} };
    expect(windowsSince(before, at("a", 10))).toEqual(at("a", 10).services);
  });
});

test("windows add up, service by service", () => {
  const [one, two] = [at("a", 10, 1).services, at("a", 5, 2).services];
  const sum = addWindows(one, { ...two, mahavishnu: seen({ stable: { user: { requests: 7 } } }) });
  expect(sum.akosha?.candidate.user).toEqual(counts({ requests: 15, failures: 3 }));
  expect(sum.akosha?.stable.probe).toEqual(counts({ requests: 30 }));
  expect(sum.mahavishnu?.stable.user).toEqual(counts({ requests: 7 }));
  expect(sum.mahavishnu?.candidate.user).toEqual(noCounts);
  expect(addWindows({}, one)).toEqual(addWindows(one, {}));
});
