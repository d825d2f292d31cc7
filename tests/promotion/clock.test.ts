import { expect, test } from "vitest";
import { systemClock } from "../../promotion/clock.ts";

test("the wall clock is the machine's", () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
});

test("a sleep ends after its time, or with an abort, which is not an error", async () => {
  await systemClock.sleep(1);
  const stop = new AbortController();
  const asleep = systemClock.sleep(3600_000, stop.signal);
  stop.abort();
  await asleep;
  await systemClock.sleep(3600_000, stop.signal);
});
