import { readFile } from "node:fs/promises";
import { describe, type TestContext, test } from "vitest";
import { startRehearsal } from "./command.ts";

// Faults that servers in the field had, each behind a real Envoy and under real clients: none may be promoted.

const plan = {
  extends: "rehearsal",
  name: "quick",
  poll: 0.5,
  steps: [
    { share: 50, maxErrorRate: 0.02, minDuration: 10, maxDuration: 60 },
    { share: 100, maxErrorRate: 0.02, minDuration: 5, maxDuration: 60 },
  ],
  bake: [{ for: 5, poll: 0.5 }],
  drain: 3,
};

async function rehearse(t: Pick<TestContext, "onTestFinished">, ...fault: string[]) {
  const { ended } = await startRehearsal(t, { plan, rps: 60, fault: ["--fault", ...fault] });
  const { code, summary, err } = await ended;
  return { code, summary, err, report: summary?.report ? await readFile(summary.report, "utf8") : "" };
}

describe.concurrent("is rolled back, and the reason names what failed", { timeout: 90_000 }, () => {
  test.for([
    ["refuses everybody after a while", ["status-403", "--after", "120"], "403 from the server"],
    ["limits the proxy as if it were one client", ["status-429", "--after", "80"], "429 from the server"],
    ["answers with JSON-RPC errors", ["rpc-errors", "--after", "60"], "JSON-RPC error"],
    ["has tool errors in JSON with a charset", ["tool-errors", "--after", "60", "--form", "charset"], "tool error"],
    ["has tool errors in compressed JSON", ["tool-errors", "--after", "60", "--form", "gzip"], "tool error"],
    ["forgets its sessions", ["forgets"], "forgotten session"],
  ] as const)("a candidate that %s", async ([, fault, kind], t) => {
    const { code, summary, err, report } = await rehearse(t, ...fault);
    t.expect([code, summary?.result], err).toEqual([1, "rolled-back"]);
    t.expect(summary?.reason).toMatch(new RegExp(`: ${kind}, \\d+ of \\d+ requests$`));
    t.expect(Object.keys(summary?.kinds ?? {})).toContain(kind);
    t.expect(summary?.samples.some((sample) => sample.kind === kind && sample.role === "candidate")).toBe(true);
    t.expect(summary).toMatchObject({ shiftErrors: 0, movedSessions: 0, warnings: [] });
    t.expect(summary?.candidate.userRequests).toBeLessThan(1000);
    t.expect(report).toContain("What failed");
    t.expect(err).toContain("files 1.0.0 (stable) has all the traffic");
  });
});

describe.concurrent("before it begins", { timeout: 60_000 }, () => {
  test("a candidate that keeps no sessions where stable does is refused, and no user notices", async (t) => {
    const { code, summary, err } = await rehearse(t, "stateless");
    t.expect([code, summary?.result], err).toEqual([1, "rolled-back"]);
    t.expect(summary?.reason).toMatch(
      /^refused at 0 %: files 1.0.0 \(stable\) keeps sessions, files 1.1.0 \(candidate\) does not/,
    );
    t.expect(summary).toMatchObject({ steps: [], candidate: { userRequests: 0 }, shiftErrors: 0, lostSessions: 0 });
  });
});

test("what only its users see as lost ends with a warning, and not with 0", { timeout: 90_000 }, async (t) => {
  const { code, summary, err, report } = await rehearse(t, "malformed", "--after", "60");
  t.expect([code, summary?.result], err).toEqual([2, "promoted"]);
  t.expect(summary?.warnings).toEqual([t.expect.stringMatching(/^the candidate lost \d+ of \d+ sessions/)]);
  t.expect(err).toContain("PROMOTED WITH WARNINGS: files 1.1.0 (candidate)");
  t.expect(report).toContain("Promoted with warnings");
});
