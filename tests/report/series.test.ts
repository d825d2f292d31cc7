import { describe, expect, test } from "vitest";
import type { ServiceCounts } from "../../promotion/counts.ts";
import type { Begun, Event } from "../../promotion/events.ts";
import { fold } from "../../promotion/state.ts";
import { type Point, readSeries } from "../../report/series.ts";
import { journalOf, scripts } from "./fixtures.ts";

type Events = [Begun, ...Event[]];
const healthy = await journalOf(scripts.healthy);

/** The points of the polls alone, each with its verdict. */
const polls = (events: Events) =>
  readSeries(events).flatMap((point, i) => {
    const event = events[i + 1] as Event;
    return event.event === "judged" ? [{ ...point, verdict: event.verdict }] : [];
  });

describe("a healthy promotion", () => {
  const seen = polls(healthy);

  test("its share goes up as the plan says, the wanted one ahead of the one in force", () => {
    expect([...new Set(seen.map(({ share }) => share))]).toEqual([10, 25, 50, 100]);
    const first = seen.find(({ verdict }) => verdict.kind === "promote");
    expect([first?.share, first?.wanted]).toEqual([10, 25]);
  });

  test("its requests a second, over the time they came in, are all that were counted", () => {
    const counted = (event: Event | undefined) =>
      event?.event === "judged" && !event.seen.silent ? event.seen.services.everything?.candidate.user.requests : NaN;
    const sum = seen.reduce(
      (sum, { x, candidateUsers }, i) => sum + (candidateUsers ?? 0) * (x - (seen[i - 1]?.x ?? 2.587)),
      0,
    );
    expect(sum).toBeCloseTo(counted(healthy.findLast(({ event }) => event === "judged")) as number, 6);
  });

  test("it is promoted when the certificate's e-value reaches 20, and no charge comes near", () => {
    for (const { certificate, verdict, share } of seen.filter(({ share }) => (share ?? 0) < 100)) {
      expect((certificate as number) >= 20, `${share} %: ${verdict.reason}`).toBe(
        verdict.kind === "promote" || verdict.reason.startsWith("certified"),
      );
    }
    expect(Math.max(...seen.map(({ charge }) => charge as number))).toBeLessThan(0.1);
  });

  test("its failure rate is within the band, next to the step's bound", () => {
    for (const { lower, candidateRate, upper } of seen as Required<Point>[]) {
      expect(lower).toBeLessThanOrEqual(candidateRate as number);
      expect(upper).toBeGreaterThanOrEqual(candidateRate as number);
    }
    // also in the poll that ends the step
    expect([...new Set(seen.map(({ share, bound }) => `${share}: ${bound}`))]).toEqual([
      "10: 1",
      "25: 0.5",
      "50: 0.2",
      "100: 0.1",
    ]);
  });

  test("its median latency is the one that the users had", () => {
    for (const { candidateP50 } of seen.slice(10)) expect(candidateP50).toBeGreaterThan(10);
    for (const { candidateP50 } of seen.slice(10)) expect(candidateP50).toBeLessThan(30);
  });
});

test("a dead candidate's charge convicts in the poll that rolls it back, and its failures are counted", async () => {
  const seen = polls(await journalOf(scripts.dead));
  const last = seen.at(-1);
  expect(last?.verdict.kind).toBe("roll-back");
  expect(last?.charge).toBeGreaterThanOrEqual(1);
  expect(last?.certificate).toBeLessThan(1e-3);
  expect(last?.candidateFailures).toBeGreaterThanOrEqual(last?.candidateUsers as number);
  expect(last?.stableFailures).toBe(0);
});

test("while the source is silent nothing is drawn but the share", async () => {
  const silent = polls(await journalOf(scripts.silence)).filter(({ verdict }) => verdict.cause === "silence");
  expect(silent).toHaveLength(18);
  for (const { verdict: _, x: __, ...point } of silent) expect(point).toEqual({ share: 10, wanted: 10, unseen: true });
});

test("a pause interrupts the lines, and its counts are in no rate", async () => {
  const events = await journalOf({ ...scripts.outage, resumed: true });
  const at = events.findIndex(({ event }) => event === "resumed");
  const [paused, first] = readSeries(events).slice(at - 1);
  expect(paused?.unseen).toBe(true);
  expect(first?.candidateUsers).toBeUndefined();
  expect(first?.candidateRate).toBeDefined();
});

test("where counting begins again, no rate is negative", () => {
  const half = Math.floor(healthy.length / 2);
  const restarted = healthy.map((event, i) => {
    if (i < half || event.event !== "judged" || event.seen.silent) return event;
    return { ...event, seen: { ...event.seen, since: "4712" } };
  }) as Events;
  for (const { candidateUsers, stableFailures } of polls(restarted)) {
    expect(candidateUsers).toBeGreaterThanOrEqual(0);
    expect(stableFailures).toBeGreaterThanOrEqual(0);
  }
});

test("the last point matches the promotion's final state", () => {
  const { inForce, wanted } = fold(healthy);
  expect(readSeries(healthy).at(-1)).toMatchObject({ share: inForce, wanted });
});

test("the failure rate is the users' alone, and so are the failures a second", async () => {
  const users = (await journalOf(scripts.dead)).map((event) =>
    event.event === "judged" && !event.seen.silent
      ? { ...event, seen: { ...event.seen, services: withFailingProbes(event.seen.services) } }
      : event,
  ) as Events;
  const [calm, loud] = [polls(await journalOf(scripts.dead)), polls(users)];
  expect(loud.map(({ stableRate, stableFailures }) => [stableRate, stableFailures])).toEqual(
    calm.map(({ stableRate, stableFailures }) => [stableRate, stableFailures]),
  );
});

const withFailingProbes = (services: Record<string, ServiceCounts>): Record<string, ServiceCounts> =>
  Object.fromEntries(
    Object.entries(services).map(([name, counts]) => {
      const { probe } = counts.stable;
      return [name, { ...counts, stable: { ...counts.stable, probe: { ...probe, failures: probe.requests } } }];
    }),
  );
