import type { Milliseconds } from "../ecosystem/units.ts";
import { explain, Finding, telling } from "./cause.ts";
import type { Show } from "./secrets.ts";
import { openWire, type Wire } from "./wire.ts";

/** A test's result. `ms` is its duration; `detail` is one line: what was seen, why it was skipped, or what is wrong. */
export type TestReport = { id: number; name: string; verdict: "pass" | "fail" | "skip"; ms: number; detail: string };

/** Thrown by a test that lacks its input. */
export class Skipped extends Error {
  override name = "Skipped";
}

// A server's name and errors may be arbitrarily long.
const LONGEST_DETAIL = 2000;

/** Runs tests one after the other over one wire, each with a timeout, and explains failures. */
export type Trials = {
  wire: Wire;
  /** `work` returns what it saw, and throws on a problem. `attempt` never throws, and ends in time whatever `work` does. */
  attempt(test: { id: number; name: string }, work: (signal: AbortSignal) => Promise<string>): Promise<TestReport>;
};

/** Trials with `timeoutMs` per test; `headers` are the run's own, masked for output. */
export function openTrials(timeoutMs: Milliseconds, headers: readonly string[], show: Show): Trials {
  let current = { from: 0, deadline: new AbortController() };
  // A response that breaks late belongs to an earlier test, not to the current one.
  const wire = openWire((exchange) => {
    if (exchange.rpc && wire.exchanges.indexOf(exchange) >= current.from) current.deadline.abort(exchange.failure);
  });
  return {
    wire,
    async attempt({ id, name }, work) {
      const from = wire.exchanges.length;
      const deadline = new AbortController();
      current = { from, deadline };
      const outOfTime = new Error(`no response within ${timeoutMs / 1000} s`);
      const timer = setTimeout(() => deadline.abort(outOfTime), timeoutMs);
      const began = performance.now();
      const report = (verdict: TestReport["verdict"], detail: string): TestReport => {
        const ms = Math.round((performance.now() - began) * 10) / 10;
        return { id, name, verdict, ms, detail: show(detail).slice(0, LONGEST_DETAIL) };
      };
      try {
        return report("pass", await Promise.race([work(deadline.signal), aborted(deadline.signal)]));
      } catch (error) {
        if (error instanceof Skipped) return report("skip", error.message);
        const proof = error instanceof Finding ? error.exchange : undefined;
        const exchange = proof ?? telling(wire.exchanges.slice(from));
        const waitedMs = deadline.signal.reason === outOfTime ? timeoutMs : undefined;
        return report("fail", explain({ error, exchange, waitedMs, headers }, show));
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
