import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Counts, ServiceCounts } from "../../../promotion/counts.ts";
import { addCounts, noCounts } from "../../../promotion/counts.ts";
import { accusations, type CandidateEvidence, certificate, unread } from "../../../promotion/evidence/candidate.ts";
import { logRobust, observeViews, startViews, viewsOf } from "../../../promotion/evidence/clients.ts";
import { exceedanceEValue } from "../../../promotion/evidence/index.ts";
import { seeded } from "../../../promotion/random.ts";
import { counts } from "../fixtures.ts";
import { polls, start, times } from "./polls.ts";

type Clients = Record<string, Partial<Counts>>;

/** One poll of users only, told apart. */
const poll = (candidate: Clients, stable: Clients = {}): ServiceCounts => {
  const side = (clients: Clients) => {
    const all = Object.fromEntries(Object.entries(clients).map(([client, some]) => [client, counts(some)]));
    return { user: Object.values(all).reduce(addCounts, noCounts), probe: noCounts, clients: all };
  };
  return { stable: side(stable), candidate: side(candidate) };
};

const ofX = fc.record({
  requests: fc.integer({ min: 0, max: 5000 }),
  failing: fc.double({ min: 0, max: 1, noNaN: true }),
  refused: fc.double({ min: 0, max: 1, noNaN: true }),
  unread: fc.double({ min: 0, max: 1, noNaN: true }),
});
/** Anything that one client can make of its requests. */
const anything = ofX.map(({ requests, failing, refused, unread }) => {
  const failures = Math.floor(requests * failing);
  const refusals = Math.floor((requests - failures) * refused);
  const served = requests - failures - refusals;
  return { requests, failures, refused: refusals, toolErrors: served, unread: Math.floor(served * unread) };
});

const others = (some: Partial<Counts>, count = 3): Clients =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i + 1}`, some]));

describe("one client alone, while three others use the candidate", () => {
  const served = { requests: 20 };
  const known = (evidence: CandidateEvidence, some: Partial<Counts> = served) =>
    polls(evidence, 1, poll(others(some), others({ requests: 100 })));

  test("does not convict, whatever it sends, however fast", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anything, anything), { minLength: 3, maxLength: 30 }), (sent) => {
        const windows = sent.map(([candidate, stable]) =>
          poll({ 0: candidate, ...others(served) }, { 0: stable, ...others({ requests: 100 }) }),
        );
        windows.reduce((evidence, window, i) => {
          const next = polls(evidence, i + 2, window);
          expect(accusations(next)).toEqual([]);
          expect(unread(next)).toBe(false);
          return next;
        }, known(start()));
      }),
      { numRuns: 60 },
    );
  });

  test("does not prevent certification", () => {
    fc.assert(
      fc.property(anything, (sent) => {
        const window = poll({ 0: sent, ...others(served) }, others({ requests: 100 }));
        expect(certificate(polls(known(start()), 2, ...times(40, window)), 0.01)).not.toBeNull();
      }),
      { numRuns: 30 },
    );
  });

  test("certifies nothing for the others, however well and fast it is served", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.constantFrom(1, 6, 20), (requests, failures) => {
        const window = poll({ 0: { requests }, ...others({ requests: 20, failures }) }, others({ requests: 100 }));
        expect(
          certificate(polls(known(start(), { requests: 20, failures }), 2, ...times(20, window)), 0.01),
        ).toBeNull();
      }),
      { numRuns: 30 },
    );
  });

  test("certifies no bad candidate by failing on stable, and lifts no conviction", () => {
    const [bad, fine] = [others({ requests: 20, failures: 1 }, 10), others({ requests: 20 }, 10)];
    const window = poll(bad, { ...fine, 0: { requests: 1000, failures: 1000 } });
    const evidence = polls(start(), 1, ...times(60, window));
    expect(certificate(evidence, 0.01)).toBeNull();
    expect(accusations(evidence)).toMatchObject([{ charge: "errors", alone: true }, {}]);
  });

  test("excuses no candidate by failing on stable too", () => {
    const failing = (client: Partial<Counts>) => [
      poll({ ...others({ requests: 20, failures: 2 }, 10), 0: client }, { ...others(served, 10), 0: client }),
      poll(others({ requests: 20, failures: 2 }, 10), { ...others(served, 10), 0: client }),
    ];
    for (const window of failing({ requests: 200, failures: 200 }))
      expect(accusations(polls(start(), 1, ...times(8, window)))[0]).toMatchObject({ charge: "errors", shared: false });
  });

  test("hides no failure of the others with many good requests", () => {
    const window = poll(
      { 0: { requests: 100_000 }, ...others({ requests: 5, failures: 5 }) },
      others({ requests: 100 }),
    );
    expect(accusations(polls(start(), 1, ...times(4, window)))).not.toEqual([]);
  });
});

describe("clients that all fail", () => {
  test.each([1, 2, 3, 4, 16])("convict in the third poll, however few: %i", (count) => {
    const dead = others({ requests: 8, failures: 8 }, count);
    const window = poll(dead, others({ requests: 80 }, count));
    expect(accusations(polls(start(), 1, ...times(2, window)))).toEqual([]);
    expect(accusations(polls(start(), 1, ...times(3, window)))).toMatchObject([
      { charge: "errors" },
      { charge: "latency" },
    ]);
  });
});

describe("the evidence that depends on no single client", () => {
  const eValue = ({ requests, failures }: Counts) => exceedanceEValue({ bound: 0.01, requests, failures });
  const clients = fc.uniqueArray(fc.integer({ min: 0, max: 15 }).map(String), { minLength: 0, maxLength: 16 });
  const having = (clients: string[]) =>
    fc.tuple(...clients.map(() => fc.tuple(fc.nat(50), fc.nat(5)))).map((rows) =>
      Object.fromEntries(
        clients.map((client, i) => {
          const [good, failures] = rows[i] as [number, number];
          return [client, { requests: 1 + good + failures, failures }];
        }),
      ),
    );
  const robust = (candidate: Clients, inUse: string[]) =>
    Math.exp(logRobust(viewsOf(poll(candidate).candidate), inUse, ({ user }) => Math.log(eValue(user))));
  const without = (candidate: Clients, gone: readonly string[]) =>
    eValue(
      Object.entries(candidate)
        .filter(([client]) => !gone.includes(client))
        .map(([, some]) => counts(some))
        .reduce(addCounts, noCounts),
    );
  const buckets = Array.from({ length: 16 }, (_, i) => String(i));

  test("is the least, over the client ignored, of the mean over the client left out besides", () => {
    fc.assert(
      fc.property(clients.chain(having), (candidate) => {
        const inUse = Object.keys(candidate);
        const mean = (x: string[]) => {
          const rest = [...buckets.filter((w) => !x.includes(w)), ...x].map((w) => without(candidate, [...x, w]));
          return [without(candidate, x), ...rest].reduce((sum, e) => sum + e, 0) / 17;
        };
        const expected = Math.min(mean([]), ...(inUse.length >= 4 ? inUse.map((x) => mean([x])) : []));
        expect(robust(candidate, inUse) / expected).toBeCloseTo(1, 9);
      }),
    );
  });

  test("is the plain evidence if the source does not distinguish clients", () => {
    const views = viewsOf({ user: counts({ requests: 9, failures: 2 }), probe: noCounts });
    expect(logRobust(views, [], ({ user }) => user.failures)).toBe(2);
  });

  test("is the same poll by poll as all at once", () => {
    fc.assert(
      fc.property(
        clients.chain((some) => fc.array(having(some), { minLength: 1, maxLength: 4 })),
        (windows) => {
          const all = windows.map((clients) => poll(clients));
          const views = all.reduce(
            (now, window) => observeViews(now, window, (sum, { candidate }) => addCounts(sum, candidate.user)),
            startViews(noCounts),
          );
          const sum = windows.reduce<Record<string, Counts>>(
            (sum, clients) =>
              Object.fromEntries(
                Object.entries(clients).map(([client, some]) => [
                  client,
                  addCounts(sum[client] ?? noCounts, counts(some)),
                ]),
              ),
            {},
          );
          const atOnce = Object.entries(viewsOf(poll(sum).candidate)).map(([leftOut, { user }]) => [leftOut, user]);
          expect(views).toEqual(Object.fromEntries(atOnce));
        },
      ),
    );
  });

  test("reaches 20 in at most 5 % of 300 seeded streams at the bound, as clients come and go", () => {
    const random = seeded(1, "clients at the bound");
    let reached = 0;
    for (let run = 0; run < 300; run++) {
      let sum: Record<string, Counts> = {};
      let highest = 0;
      for (let look = 0; look < 20; look++) {
        const client = String(Math.floor(random() * (1 + (run % 16))));
        const failures = Array.from({ length: 20 }, () => random()).filter((draw) => draw < 0.01).length;
        sum = { ...sum, [client]: addCounts(sum[client] ?? noCounts, counts({ requests: 20, failures })) };
        const inUse = Object.keys(sum).filter(() => random() < 0.8);
        highest = Math.max(highest, robust(sum, inUse));
      }
      if (highest >= 20) reached++;
    }
    expect(reached).toBeLessThanOrEqual(15);
  });
});
