import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openSession } from "../../load/session.ts";
import { type Death, describeDeath } from "../../rehearsal/child.ts";
import { raise, type Stage } from "../../rehearsal/stage.ts";
import type { StageEndpoint } from "../../rehearsal/stage-process.ts";
import { defaultWorkload, type RehearsedService, revisionId, type Workload } from "../../rehearsal/workload.ts";
import { descendants, lives, soon } from "./processes.ts";

const folder = mkdtempSync(join(tmpdir(), "stage-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The stage process of this test file and everything below it. */
const onStage = () =>
  descendants(process.pid)
    .filter(({ command }) => command.includes("stage-process"))
    .flatMap((stage) => [stage, ...descendants(stage.pid)]);

const accepts = (port: number, host = "127.0.0.1") =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ port, host, timeout: 1000 });
    const settle = (answer: boolean) => resolve(answer) ?? socket.destroy();
    socket.once("connect", () => settle(true));
    for (const event of ["error", "timeout"]) socket.once(event, () => settle(false));
  });

/** Calls `echo` and says which revision answered. */
async function whoAnswers({ address, port }: StageEndpoint): Promise<string | null> {
  let answeredBy: string | null = null;
  const session = await openSession({
    url: `http://${address}:${port}/mcp`,
    sessions: true,
    timeoutMs: 5000,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      answeredBy = response.headers.get("x-answered-by");
      return response;
    },
  });
  await session.call({ tool: "echo", arguments: { message: "hello" } });
  await session.close();
  return answeredBy;
}

describe("two releases of a real server", () => {
  const workload = defaultWorkload();
  const said: string[] = [];
  const deaths: Death[] = [];
  let stage: Stage;
  let stable: StageEndpoint;
  let candidate: StageEndpoint;
  beforeAll(async () => {
    stage = await raise({ workload, folder, fault: { kind: "crash" }, seed: 1, say: (line) => said.push(line) });
    stage.onDeath((death) => deaths.push(death));
    [{ stable, candidate }] = stage.services as [Stage["services"][number]];
  });
  afterAll(() => stage.down());

  test("are ready, and each answers under its own name", async () => {
    const [service] = workload.services as [RehearsedService];
    expect(said.sort()[0]).toMatch(/^everything candidate, version \S+, is ready after [\d.]+ s$/);
    expect(await whoAnswers(stable)).toBe(revisionId(service, "stable"));
    expect(await whoAnswers(candidate)).toBe(revisionId(service, "candidate"));
    expect([stable.id, candidate.id]).toEqual([revisionId(service, "stable"), revisionId(service, "candidate")]);
  });

  test("listen on 127.0.0.1 and on no other address", async () => {
    const log = readFileSync(join(folder, "logs", "everything-stable.log"), "utf8");
    const ports = [Number(/listening on port (\d+)/.exec(log)?.[1]), stable.port];
    const others = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
    // all at once: a machine with containers has many interfaces, and some never answer
    const elsewhere = ["127.0.0.2", ...others.filter((address) => address !== "127.0.0.1")];
    for (const port of ports) {
      expect(await accepts(port)).toBe(true);
      const answers = await Promise.all(elsewhere.map(async (host) => [host, await accepts(port, host)]));
      expect(answers).toEqual(elsewhere.map((host) => [host, false]));
    }
  });

  test("stay whole until the first step; then the candidate is gone for good, and that is no news", async () => {
    await stage.faultsAt(0);
    expect(await whoAnswers(candidate)).toBe(candidate.id);
    const before = onStage().length;
    await stage.faultsAt(10);
    expect(await accepts(candidate.port)).toBe(false);
    expect(onStage()).toHaveLength(before - 1);
    await stage.faultsAt(0);
    expect(await accepts(candidate.port)).toBe(false);
    expect(await whoAnswers(stable)).toBe(stable.id);
    expect(deaths).toEqual([]);
  });

  test("a server that crashes is reported with its last lines, and the edge is refused", async () => {
    const server = onStage().find(({ command }) => command.includes("everything-stable"));
    process.kill(server?.pid ?? 0, "SIGKILL");
    await expect.poll(() => deaths.length, soon).toBe(1);
    expect(describeDeath(deaths[0] as Death)).toMatch(
      /^everything stable \(version \S+\) was killed by SIGKILL\. Its last/,
    );
    await expect.poll(() => accepts(stable.port), soon).toBe(false);
    const late: Death[] = [];
    stage.onDeath((death) => late.push(death));
    expect(late).toEqual(deaths);
  });

  test("the end leaves no process", async () => {
    await stage.down();
    expect(onStage()).toEqual([]);
    expect(await accepts(stable.port)).toBe(false);
    await stage.down();
  });
});

const script = (code: string) => ({ version: "1", command: [process.execPath, "-e", code], env: { PORT: "{port}" } });
const LISTENS =
  'require("node:http").createServer((q, s) => s.writeHead(q.url === "/ill" ? 503 : 200).end("ok")).listen(process.env.PORT, "127.0.0.1");';
const HANGS =
  'console.log("still thinking"); require("node:net").createServer(() => {}).listen(process.env.PORT, "127.0.0.1");';

function workloadOf(stable: string, candidate: string, over: Partial<RehearsedService> = {}): Workload {
  const sides = { stable: script(stable), candidate: script(candidate) };
  const usual = { path: "/mcp", ready: 10, expectTools: [], calls: [{ tool: "echo", arguments: {} }], sessions: true };
  return { folder, services: [{ name: "files", ...sides, ...usual, ...over }] };
}

describe("a workload that cannot be raised shows why, and leaves nothing behind", () => {
  afterEach(() => expect(onStage()).toEqual([]));

  const failure = (workload: Workload) =>
    raise({ workload, folder: mkdtempSync(join(folder, "failing-")), fault: null, seed: 1, say: () => {} }).then(
      () => "it was raised",
      (error: Error) => error.message,
    );

  test("when a server ends at once", async () => {
    const ends = 'console.error("no such database"); process.exit(7)';
    expect(await failure(workloadOf(LISTENS, ends, { health: "/health" }))).toBe(
      "files candidate (version 1) exited with code 7. Its last lines:\n  | no such database",
    );
  });

  test("when its command does not exist", async () => {
    const candidate = { ...script(""), command: ["no-such-server", "{port}"] };
    expect(await failure(workloadOf(LISTENS, LISTENS, { health: "/health", candidate }))).toMatch(
      /^could not start files candidate \(version 1\): .*ENOENT.* Command, in .*: no-such-server \d+$/,
    );
  });

  test("when it is never ready: it hangs, is unhealthy, or does not speak MCP", async () => {
    const [hangs, ill, other] = await Promise.all([
      failure(workloadOf(HANGS, HANGS, { ready: 3 })),
      failure(workloadOf(LISTENS, LISTENS, { ready: 3, health: "/ill" })),
      failure(workloadOf(LISTENS, LISTENS, { ready: 3 })),
    ]);
    const begins = "^files (stable|candidate) \\(version 1\\) was not ready within 3 s: http://127\\.0\\.0\\.1:\\d+";
    expect(hangs).toMatch(
      new RegExp(`${begins}/mcp did not open an MCP session .*Its last lines:\n  \\| still thinking$`, "s"),
    );
    expect(ill).toMatch(new RegExp(`${begins}/ill returned 503\\. It printed nothing\\.$`));
    expect(other).toMatch(new RegExp(`${begins}/mcp did not open an MCP session \\(.*content type`));
  });
});

test("a broken candidate stays broken, even when the share goes back", async () => {
  const workload = workloadOf(LISTENS, LISTENS, { health: "/health" });
  const stage = await raise({ workload, folder, fault: { kind: "late", share: 50 }, seed: 1, say: () => {} });
  const [{ stable, candidate }] = stage.services as [Stage["services"][number]];
  const statuses = async (share: number) => {
    await stage.faultsAt(share);
    const ask = async ({ port }: StageEndpoint) =>
      (await fetch(`http://127.0.0.1:${port}/mcp`, { method: "POST" })).status;
    return [await ask(stable), await ask(candidate)];
  };
  expect(await statuses(25)).toEqual([200, 200]);
  expect(await statuses(50)).toEqual([200, 503]);
  expect(await statuses(0)).toEqual([200, 503]);
  await stage.down();
});

test("a stage process that is killed takes its servers with it, and is news", async () => {
  const workload = workloadOf(LISTENS, LISTENS, { health: "/health" });
  const stage = await raise({ workload, folder, fault: null, seed: 1, say: () => {} });
  const [helper, ...servers] = onStage();
  expect(servers).toHaveLength(2);
  const told = new Promise<Death>((resolve) => stage.onDeath(resolve));
  process.kill(helper?.pid ?? 0, "SIGKILL");
  expect(await told).toMatchObject({ what: "the stage process", signal: "SIGKILL" });
  await expect.poll(() => servers.filter(({ pid }) => lives(pid)), soon).toEqual([]);
  await expect(stage.faultsAt(10)).rejects.toThrow("the stage process has ended (SIGKILL)");
  await stage.down();
});

test("Ctrl-C leaves the helpers alone, and kill -9 of the whole group leaves nothing after two seconds", async () => {
  const main = spawn(process.execPath, [fileURLToPath(new URL("stage-main.ts", import.meta.url)), folder], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  await once(main.stdout, "data");
  const started = descendants(main.pid ?? 0);
  const parts = ["stage-process", "users-process", "everything-stable", "everything-candidate", "envoy"];
  for (const part of parts) expect(started.some(({ command }) => command.includes(part))).toBe(true);
  for (const { pid, command } of started) if (/stage-process|users-process/.test(command)) process.kill(pid, "SIGINT");
  await new Promise((resolve) => setTimeout(resolve, 200)); // time enough to end, if they wanted to
  expect(started.filter(({ pid }) => !lives(pid))).toEqual([]);
  process.kill(-(main.pid ?? 0), "SIGKILL");
  await once(main, "exit");
  await expect.poll(() => started.filter(({ pid }) => lives(pid)), { timeout: 2000 }).toEqual([]);
});
