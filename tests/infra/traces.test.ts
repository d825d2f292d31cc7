import debuggable from "@pulumi/pulumi/runtime/debuggable.js";
import { expect, test } from "vitest";
import { withoutPromiseTraces } from "../../infra/traces.ts";

/** What Pulumi remembers with a promise, and what an error of ours says of its place. */
async function traces(): Promise<{ promise: string; error: string }> {
  const kept = Promise.resolve() as Promise<void> & { _debugStackTrace: string };
  // its own types leave it out
  await (debuggable as unknown as { debuggablePromise(p: Promise<void>, of: string): Promise<void> }).debuggablePromise(
    kept,
    "a test",
  );
  return { promise: kept._debugStackTrace, error: new Error("ours").stack ?? "" };
}

const here = /traces\.test\.ts:\d+/;

test("promises keep no trace while errors have theirs, until it is undone", async () => {
  const undo = withoutPromiseTraces();
  const lean = await traces();
  undo();
  const whole = await traces();
  expect(lean.promise).not.toMatch(here);
  expect(lean.error).toMatch(here);
  expect(whole.promise).toMatch(here);
});
