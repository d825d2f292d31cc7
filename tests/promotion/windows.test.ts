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

describe("the counts between two observations", () => {
  test("is the difference, number by number", () => {
    const all = { requests: 9, failures: 1, slow: 2, refused: 4, toolErrors: 3, unread: 1 };
    const more = { requests: 19, failures: 2, slow: 4, refused: 8, toolErrors: 6, unread: 2 };
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
    const grown = { requests: 10, failures: 1, slow: 2, refused: 4, toolErrors: 3, unread: 1 };
    expect(windowsSince(one, two)).toEqual({
      akosha: seen({ candidate: { user: grown, probe: grown }, stable: { user: grown, probe: grown } }),
    });
  });

  test("is nothing before the first one", () => {
    expect(windowsSince(null, at("a", 10))).toEqual({});
  });

  test("is everything after a restart of the counters, even if they are higher by now", () => {
    expect(windowsSince(at("a", 10), at("b", 30))).toEqual(at("b", 30).services);
  });

  test("is everything when a count went down", () => {
    expect(windowsSince(at("a", 10), at("a", 7, 2))).toEqual(at("a", 7, 2).services);
  });

  test("is everything for a new service", () => {
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

test("clients and kinds are subtracted and added key by key, and absent where neither side has them", () => {
  const bucket = (requests: number) => counts({ requests });
  const having = (requests: number, clients: Record<string, number>, kinds: Record<string, number>) => {
    const services = at("a", requests).services;
    const all = Object.fromEntries(Object.entries(clients).map(([key, n]) => [key, bucket(n)]));
    const akosha = services.akosha as NonNullable<typeof services.akosha>;
    return { akosha: { ...akosha, candidate: { ...akosha.candidate, clients: all, kinds } } };
  };
  const seenAt = (services: Seen["services"]): Seen => ({ silent: false, since: "a", services });
  const before = having(10, { 3: 10 }, { "403 from the server": 2 });
  const now = having(30, { 3: 15, 7: 15 }, { "403 from the server": 5, "JSON-RPC error": 1 });
  const window = windowsSince(seenAt(before), seenAt(now));
  expect(window.akosha?.candidate.clients).toEqual({ 3: bucket(5), 7: bucket(15) });
  expect(window.akosha?.candidate.kinds).toEqual({ "403 from the server": 3, "JSON-RPC error": 1 });
  expect(window.akosha?.stable).not.toHaveProperty("clients");
  expect(addWindows(before, window)).toEqual(now);
});
