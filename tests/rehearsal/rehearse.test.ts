import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, type TestContext, test, vi } from "vitest";
import type { RehearsalSummary } from "../../rehearsal/summary.ts";
import { descendants, lives, soon } from "./processes.ts";

// The whole command, as a person runs it: real processes, a real Envoy, real clients; only the plan is a quick one.

const root = join(import.meta.dirname, "../..");
const node = join(root, "node_modules/.bin/node");

const quick = {
  extends: "rehearsal",
  name: "quick",
  poll: 0.25,
  steps: [
    { share: 10, maxErrorRate: 0.3, minDuration: 1, maxDuration: 60 },
    { share: 50, maxErrorRate: 0.2, minDuration: 1, maxDuration: 60 },
    { share: 100, maxErrorRate: 0.1, minDuration: 1, maxDuration: 60 },
  ],
  bake: [{ for: 1, poll: 0.25 }],
  drain: 3,
  holdTimeouts: { outage: 3, silence: 30, data: 30 },
};

const side = (version: string, ...more: string[]) => ({
  version,
  command: [node, join(root, "tests/reference-server/main.ts"), "--port", "{port}", "--version", version, ...more],
});

const workload = (stable: string, candidate: string, ...more: string[]) => ({
  services: [
    {
      name: "reference",
      stable: side(stable),
      candidate: side(candidate, ...more),
      health: "/healthz",
      expectTools: ["get_liveness"],
      calls: [{ tool: "get_liveness" }],
      ready: 20,
    },
  ],
});

/** What a test brings along; tests that run side by side must clean up by their own. */
type Test = Pick<TestContext, "onTestFinished">;

type Ended = { code: number | null; summary: RehearsalSummary | null; err: string };

/** A folder to rehearse in, with the quick plan and the workload in it. */
async function home({ onTestFinished }: Test, files: Record<string, unknown> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rehearsal-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const all = { "plan.json": quick, "workload.json": workload("1.0.0", "1.1.0"), ...files };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

/** Starts `maha` in a folder; should the test fail half-way, what is left of it is killed. */
function maha(
  { onTestFinished }: Test,
  cwd: string,
  ...args: string[]
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(node, [join(root, "cli/maha.ts"), ...args, "--json"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (part) => {
    out += part;
  });
  child.stderr.on("data", (part) => {
    err += part;
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close").then(([code]) => ({ code, summary: out === "" ? null : JSON.parse(out), err }));
  return { child, ended };
}

const rehearse = (t: Test, cwd: string, ...args: string[]) =>
  maha(t, cwd, "rehearse", "--workload", "workload.json", "--plan", "plan.json", "--rps", "60", ...args);

/** The folder of the one rehearsal in `cwd`. */
const rehearsalIn = async (cwd: string) =>
  join(cwd, ".maha/rehearsal", (await readdir(join(cwd, ".maha/rehearsal")))[0] ?? "none");

/** Waits until the journal of the rehearsal in `cwd` holds all these words. */
const journalHolds = (cwd: string, ...words: string[]) =>
  vi.waitFor(
    async () => {
      const journal = await readFile(join(await rehearsalIn(cwd), "journal.jsonl"), "utf8");
      for (const word of words) expect(journal).toContain(word);
    },
    { timeout: 30_000 },
  );

/** Everything that a process has started. */
const startedBy = ({ pid = 0 }: ChildProcess) => descendants(pid).map(({ pid }) => pid);

describe.concurrent("a rehearsal", { timeout: 90_000 }, () => {
  test("case 1: promotes a good release step by step, moves no session, and leaves nothing running", async (t) => {
    const cwd = await home(t);
    const { child, ended } = rehearse(t, cwd);
    await journalHolds(cwd, '"in-force"');
    const started = startedBy(child);
    t.expect(started.length).toBeGreaterThanOrEqual(5); // stage, users, two servers, Envoy
    const { code, summary, err } = await ended;
    t.expect(code, err).toBe(0);
    t.expect(summary).toMatchObject({ result: "promoted", movedSessions: 0, lostSessions: 0, shiftErrors: 0 });
    t.expect(summary?.candidate.userErrors).toBe(0);
    t.expect(summary?.candidate.userRequests).toBeGreaterThan(50);
    t.expect(summary?.steps.map(({ share, verdict }) => [share, verdict])).toEqual(
      [10, 50, 100].map((share) => [share, "promote"]),
    );
    t.expect(summary?.steps.every(({ certified }) => certified !== null && certified < 0.3)).toBe(true);
    t.expect(await readFile(summary?.report ?? "", "utf8")).toContain("<html");
    await vi.waitFor(() => t.expect(started.filter(lives)).toEqual([]), soon);
  });

  test("case 4: rolls a dead release back automatically, and exits with 1", async (t) => {
    const { code, summary, err } = await rehearse(t, await home(t), "--fault", "dead").ended;
    t.expect(code, err).toBe(1);
    t.expect(summary).toMatchObject({ result: "rolled-back", movedSessions: 0, shiftErrors: 0 });
    t.expect(summary?.candidate.userRequests).toBeLessThanOrEqual(75);
    t.expect(summary?.candidate.userErrors).toBe(summary?.candidate.userRequests);
  });

  test("case 25: an outage of both is held, and exits with 2", async (t) => {
    const { code, summary, err } = await rehearse(t, await home(t), "--fault", "outage").ended;
    t.expect(code, err).toBe(2);
    t.expect(summary).toMatchObject({ result: "held", reason: t.expect.stringContaining("shared outage") });
  });

  test("case 11: a silent source is waited for, and the promotion continues to the end", async (t) => {
    const { code, summary, err } = await rehearse(t, await home(t), "--source-down", "3").ended;
    t.expect(err).toContain("silent");
    t.expect([code, summary?.result], err).toEqual([0, "promoted"]);
  });

  test("case 3: a candidate that fails its smoke tests at 0 % never gets a user's request", async (t) => {
    const cwd = await home(t, { "workload.json": workload("1.0.0", "1.1.0", "--fault", "hidden-error") });
    const { code, summary, err } = await rehearse(t, cwd).ended;
    t.expect(code, err).toBe(1);
    t.expect(summary).toMatchObject({
      result: "rolled-back",
      reason: t.expect.stringContaining("smoke at 0 %"),
      steps: [],
    });
    t.expect(summary?.candidate).toEqual({ userRequests: 0, userErrors: 0, userRefused: 0 });
  });

  test("case 2: a server that never becomes ready is reported with its own output", async (t) => {
    const broken = workload("1.0.0", "1.1.0");
    const dies = [node, "-e", "console.error('no such table: sessions'); process.exit(3) // {port}"];
    for (const { candidate } of broken.services) candidate.command = dies;
    const { code, err } = await rehearse(t, await home(t, { "workload.json": broken })).ended;
    t.expect(code).toBe(1);
    t.expect(err).toContain("no such table: sessions");
    t.expect(err).not.toMatch(/^\s+at .*\.ts:\d+/m); // words, not a stack
  });

  test("case 15: a candidate equal to stable changes nothing", async (t) => {
    const { code, summary } = await rehearse(t, await home(t, { "workload.json": workload("1.0.0", "1.0.0") })).ended;
    t.expect([code, summary?.result]).toEqual([0, "unchanged"]);
  });

  test.for(["SIGKILL", "SIGINT"] as const)(
    "case 18: ended by %s it leaves no process, and a journal that resume finishes",
    async (signal, t) => {
      const cwd = await home(t);
      const { child, ended } = rehearse(t, cwd);
      await journalHolds(cwd, '"share":10', '"judged"');
      const started = startedBy(child);
      child.kill(signal);
      const { code, err } = await ended;
      t.expect([code, err]).toEqual(
        signal === "SIGINT" ? [1, t.expect.stringContaining("npx maha resume")] : [null, t.expect.anything()],
      );
      await vi.waitFor(() => t.expect(started.filter(lives)).toEqual([]), soon);

      const resumed = await maha(t, cwd, "resume", join(await rehearsalIn(cwd), "journal.jsonl")).ended;
      t.expect([resumed.code, resumed.summary?.result], resumed.err).toEqual([0, "promoted"]);
      t.expect(resumed.summary?.movedSessions).toBe(0);
      const again = await maha(t, cwd, "resume").ended;
      t.expect(again.err).toContain("has already finished");
      t.expect(again.summary).toEqual(resumed.summary);
    },
  );

  test("an interrupted rehearsal that a person rolls back ends at stable, for that person's reason", async (t) => {
    const cwd = await home(t);
    const { child, ended } = rehearse(t, cwd);
    await journalHolds(cwd, '"share":10', '"judged"');
    child.kill("SIGKILL");
    await ended;
    const { code, summary, err } = await maha(t, cwd, "rollback", "--reason", "users report errors").ended;
    t.expect([code, summary?.result, summary?.reason], err).toEqual([0, "rolled-back", "users report errors"]);
    const resumed = await maha(t, cwd, "resume").ended;
    t.expect([resumed.code, resumed.summary], resumed.err).toEqual([1, summary]);
  });

  test("case 18: killed again during a resume, it continues from there", async (t) => {
    const cwd = await home(t);
    const { child, ended } = rehearse(t, cwd);
    await journalHolds(cwd, '"share":10', '"judged"');
    child.kill("SIGKILL");
    await ended;
    const edge = join(await rehearsalIn(cwd), "edge/edge.json");
    const before = await readFile(edge, "utf8");
    const second = maha(t, cwd, "resume");
    await vi.waitFor(async () => t.expect(await readFile(edge, "utf8")).not.toBe(before), {
      timeout: 30_000,
      interval: 5,
    });
    second.child.kill("SIGKILL");
    await second.ended;
    t.expect(JSON.parse(await readFile(edge, "utf8")).position.share).toBe(10);
    const third = await maha(t, cwd, "resume").ended;
    t.expect([third.code, third.summary?.result], third.err).toEqual([0, "promoted"]);
  });

  test("an interrupted rehearsal is not resumed with other revisions than the workload's", async (t) => {
    const cwd = await home(t);
    const { child, ended } = rehearse(t, cwd);
    await journalHolds(cwd, '"judged"');
    child.kill("SIGKILL");
    await ended;
    await writeFile(join(cwd, "workload.json"), JSON.stringify(workload("1.0.0", "1.2.0")));
    const { code, err } = await maha(t, cwd, "resume").ended;
    t.expect([code, err]).toEqual([64, t.expect.stringContaining("other revisions of reference")]);
  });

  test("Ctrl-C while a server is not ready yet ends everything soon", async (t) => {
    const silent = workload("1.0.0", "1.1.0");
    for (const { candidate } of silent.services)
      candidate.command = [node, "-e", "setInterval(() => {}, 1000) // {port}"];
    const cwd = await home(t, { "workload.json": silent });
    const { child, ended } = rehearse(t, cwd);
    await vi.waitFor(() => t.expect(startedBy(child).length).toBeGreaterThanOrEqual(3), { timeout: 30_000 });
    const started = startedBy(child);
    child.kill("SIGINT");
    const { code, err } = await ended;
    t.expect([code, err]).toEqual([1, t.expect.stringContaining("npx maha resume")]);
    await vi.waitFor(() => t.expect(started.filter(lives)).toEqual([]), soon);
  });

  test("case 19: it keeps its lease while it runs, and a second promoter is told the holder", async (t) => {
    const cwd = await home(t);
    const { child, ended } = rehearse(t, cwd);
    await journalHolds(cwd, '"judged"');
    const second = await maha(t, cwd, "resume").ended;
    t.expect([second.code, second.err]).toEqual([1, t.expect.stringContaining(`process ${child.pid}`)]);
    t.expect(lives(child.pid ?? 0)).toBe(true);
    child.kill("SIGINT");
    t.expect((await ended).code).toBe(1);
  });
});

const step = { share: 50, maxErrorRate: 0.1, minDuration: 1, maxDuration: 9 };
const { extends: _, ...whole } = quick;
const settings = { workload: null, plan: { ...whole, margin: 0.005 }, rps: 1, fault: null, sourceDown: 0, seed: 1 };

describe.concurrent("bad input is refused before anything starts, with 64", () => {
  test.for([
    [["rehearse", "--fault", "flood"], "unknown fault"],
    [["rehearse", "--rps", "many"], "--rps many"],
    [["rehearse", "--plan", "down.json"], "shares must increase"],
    [["rehearse", "--plan", "over.json"], "100"],
    [["rehearse", "--plan", "hasty"], "rehearsal"],
    [["rehearse", "--workload", "nowhere.json"], "nowhere.json"],
    [["resume", "nowhere.jsonl"], "nowhere.jsonl"],
    [["resume", "old/journal.jsonl"], "format 0"],
    [["resume", "torn/journal.jsonl"], "line 1 is damaged"],
    [["promenade"], "unknown command"],
  ] as const)("maha %j", async ([args, words], t) => {
    const cwd = await home(t, {
      "down.json": { steps: [step, { ...step, share: 25 }] },
      "over.json": { steps: [{ ...step, share: 150 }] },
      "old/rehearsal.json": settings,
      "old/journal.jsonl": `${JSON.stringify({ event: "begun", format: 0, at: 1 })}\n`,
      "torn/rehearsal.json": settings,
      "torn/journal.jsonl": '{"event":"beg\n{"event":"retired","at":1}\n',
    });
    const { code, err } = await maha(t, cwd, ...args).ended;
    t.expect([code, err]).toEqual([64, t.expect.stringContaining(words)]);
    t.expect(await readdir(cwd)).not.toContain(".maha");
  });
});
