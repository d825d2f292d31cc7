import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import type { RehearsalSummary } from "../../rehearsal/summary.ts";

const root = join(import.meta.dirname, "../..");
const node = join(root, "node_modules/.bin/node");

const side = (version: string, fault: readonly string[]) => ({
  version,
  command: [node, join(root, "tests/rehearsal/faulty-server.ts"), "--port", "{port}", ...fault],
});

/**
 * Starts a rehearsal of the faulty server, healthy as stable and with that fault as the candidate, in a folder of its own. What is
 * left of it when the test ends is killed.
 */
export async function startRehearsal(
  { onTestFinished }: Pick<TestContext, "onTestFinished">,
  { plan, rps, fault = [] }: { plan: object; rps: number; fault?: readonly string[] },
) {
  const cwd = await mkdtemp(join(tmpdir(), "rehearsal-"));
  const service = {
    name: "files",
    stable: side("1.0.0", []),
    candidate: side("1.1.0", fault),
    health: "/healthz",
    expectTools: ["echo"],
    calls: [{ tool: "echo" }],
  };
  await writeFile(join(cwd, "workload.json"), JSON.stringify({ services: [service] }));
  await writeFile(join(cwd, "plan.json"), JSON.stringify(plan));
  const options = ["--workload", "workload.json", "--plan", "plan.json", "--rps", String(rps), "--json"];
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
  const ended = once(child, "close").then(([code]) => {
    const summary: RehearsalSummary | null = out === "" ? null : JSON.parse(out);
    return { code, summary, err };
  });
  return { cwd, ended };
}
