import fc from "fast-check";
import { expect, test } from "vitest";
import { userStream } from "../../../promotion/simulation/stream.ts";

const errorRate = (role: string) => (role === "stable" ? 0.01 : 0.2);
const stream = (seed: number, run: number) => userStream({ rps: 100, errorRate, seed, run });
const take = (shares: number[], seed = 1, run = 0) => {
  const users = stream(seed, run);
  return shares.map((share) => users.next(share));
};

test("the same seed and run bring the same users, another seed or run others", () => {
  const shares = Array.from({ length: 20 }, () => 50);
  expect(take(shares)).toEqual(take(shares));
  expect(take(shares, 2)).not.toEqual(take(shares));
  expect(take(shares, 1, 1)).not.toEqual(take(shares));
});

test("a second's requests do not depend on earlier shares", () => {
  const shares = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 30, maxLength: 30 });
  const reference = take(Array.from({ length: 31 }, () => 25)).at(-1);
  fc.assert(
    fc.property(shares, (before) => {
      expect(take([...before, 25]).at(-1)).toEqual(reference);
    }),
  );
});

test("a larger share never brings the candidate fewer requests in the same second", () => {
  const shares = [0, 1, 10, 50, 99, 100];
  const counts = shares.map((share) => take(Array.from({ length: 40 }, () => share)));
  for (let second = 0; second < 40; second++) {
    const candidate = counts.map((seconds) => seconds[second]?.candidate.requests as number);
    expect(candidate).toEqual(candidate.toSorted((a, b) => a - b));
  }
});

test.each([0, 10, 50, 100])("with a share of %s the users and their failures add up", (share) => {
  const seconds = take(Array.from({ length: 5000 }, () => share));
  for (const role of ["stable", "candidate"] as const) {
    const requests = seconds.reduce((sum, arrivals) => sum + arrivals[role].requests, 0);
    const failures = seconds.reduce((sum, arrivals) => sum + arrivals[role].failures, 0);
    const mean = 5000 * (role === "candidate" ? share : 100 - share);
    expect(Math.abs(requests - mean)).toBeLessThanOrEqual(4 * Math.sqrt(mean));
    expect(Math.abs(failures - mean * errorRate(role))).toBeLessThanOrEqual(4 * Math.sqrt(mean * errorRate(role)));
    expect(seconds.every((arrivals) => arrivals[role].failures <= arrivals[role].requests)).toBe(true);
  }
});

test("failure rates may change from second to second", () => {
  const users = userStream({ rps: 100, errorRate: (_, second) => (second === 1 ? 1 : 0), seed: 1, run: 0 });
  const [before, outage, after] = [users.next(50), users.next(50), users.next(50)];
  expect(before.stable.failures + after.candidate.failures).toBe(0);
  expect(outage.stable.failures).toBe(outage.stable.requests);
  expect(outage.candidate.failures).toBe(outage.candidate.requests);
});
