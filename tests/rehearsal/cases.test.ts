import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "vitest";
import type { RehearsalSummary } from "../../rehearsal/summary.ts";

// Faults that servers in the field had, each behind a real Envoy and under real clients: none may be promoted.

const root = join(import.meta.dirname, "../..");
const node = join(root, "node_modules/.bin/node");

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

const side = (version: string, ...fault: string[]) => ({
  version,
  command: [node, join(root, "tests/rehearsal/faulty-server.ts"), "--port", "{port}", ...fault],
});

/** Rehearses a candidate that is faulty in that way over a healthy stable, at most for the time of a test. */
async function rehearse({ onTestFinished }: Pick<TestContext, "onTestFinished">, ...fault: string[]) {
  const cwd = await mkdtemp(join(tmpdir(), "cases-"));
  const service = {
    name: "files",
    stable: side("1.0.0"),
    candidate: side("1.1.0", "--fault", ...fault),
    health: "/healthz",
    expectTools: ["echo"],
    calls: [{ tool: "echo" }],
  };
  await writeFile(join(cwd, "workload.json"), JSON.stringify({ services: [service] }));
  await writeFile(join(cwd, "plan.json"), JSON.stringify(plan));
  const options = ["--workload", "workload.json", "--plan", "plan.json", "--rps", "60", "--json"];
  const child = spawn(node, [join(root, "cli/maha.ts"), "rehearse", ...options], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await rm(cwd, { recursive: true, force: true, maxRetries: 5 });
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (part) => {
    out += part;
  });
  child.stderr.on("data", (part) => {
    err += part;
  });
  const [code] = await once(child, "close");
  const summary: RehearsalSummary | null = out === "" ? null : JSON.parse(out);
  const report = summary?.report ? await readFile(summary.report, "utf8") : "";
  return { code, summary, err, report };
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
