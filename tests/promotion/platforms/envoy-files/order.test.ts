import { readdir, type rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { edgePaths } from "../../../../edge/paths.ts";
import { type Edge, type EdgeSettings, restingPosition } from "../../../../edge/settings.ts";
import { systemClock } from "../../../../promotion/clock.ts";
import { adminSocket } from "../../../../promotion/platforms/envoy-files/admin.ts";
import { bringInForce, bringOrFill, fillFolder } from "../../../../promotion/platforms/envoy-files/inforce.ts";
import { clustersInForce, listenersInForce } from "../../../../promotion/platforms/envoy-files/readback.ts";
import { startEnvoy } from "../../../../rehearsal/envoy.ts";
import { freePort } from "../../../../rehearsal/port.ts";
import { Client } from "../../../fixtures/edge/client.ts";
import { startUpstream } from "../../../fixtures/edge/upstream.ts";
import { envoyBinary, temporaryFolder } from "../../../fixtures/envoy.ts";

/** How many more files may be put in their places before the process dies. */
const life = vi.hoisted(() => ({ writes: Number.POSITIVE_INFINITY }));
vi.mock("node:fs/promises", async (original) => {
  const fs = await original<typeof import("node:fs/promises")>();
  const mortal: typeof rename = async (...paths) => {
    if (life.writes <= 0) throw new Error("killed");
    life.writes -= 1;
    return fs.rename(...paths);
  };
  return { ...fs, rename: mortal };
});

const at = (port: number) => ({ address: "127.0.0.1", port });
type Revision = "echo-1" | "echo-2" | "echo-3" | "other-1";

/** An Envoy with one service and its first revision, and what else could be there. */
async function setUp(first: Partial<EdgeSettings> = {}) {
  const ids: Revision[] = ["echo-1", "echo-2", "echo-3", "other-1"];
  const upstreams = await Promise.all(ids.map((id) => startUpstream(id)));
  onTestFinished(async () => void (await Promise.all(upstreams.map((upstream) => upstream.stop()))));
  const [folder, echo, other] = [await temporaryFolder(), await freePort(), await freePort()];
  const revision = (id: Revision) => ({ id, endpoints: [at(upstreams[ids.indexOf(id)]?.port ?? 0)] });
  const service = (name: string, listen: number, stable: Revision, candidate?: Revision) => ({
    name,
    listen: at(listen),
    stable: revision(stable),
    ...(candidate && { candidate: revision(candidate) }),
  });
  const edge = (
    roles: [Revision, Revision?],
    { withOther = false, share = 0, ...more }: Partial<EdgeSettings> & { withOther?: boolean; share?: number } = {},
  ): Edge => ({
    settings: {
      ...more,
      folder,
      services: [service("echo", echo, ...roles), ...(withOther ? [service("other", other, "other-1")] : [])],
    },
    position: { ...restingPosition, share },
  });
  await fillFolder(edge(["echo-1"], first));
  const envoy = await startEnvoy({ binary: await envoyBinary(), folder });
  onTestFinished(() => envoy.stop());
  await envoy.ready;
  const admin = adminSocket(edgePaths(folder).admin);
  return {
    folder,
    echo,
    other,
    admin,
    envoy,
    edge,
    bring: (to: Edge) => bringInForce(to, admin, systemClock),
    clusters: async () => [...(await clustersInForce(admin)).keys()].sort(),
    files: async () => (await readdir(join(folder, "xds"))).sort(),
  };
}

/** Calls without a pause until it is told to stop; answers how often what came back. */
function calling(port: number) {
  const clients = [new Client(port), new Client(port), new Client(port)];
  const answers: Record<string, number> = {};
  let going = true;
  const all = clients.map(async (client) => {
    while (going) {
      const { status, by } = await client.call();
      const key = `${status} ${by}`;
      answers[key] = (answers[key] ?? 0) + 1;
    }
    client.close();
  });
  return async () => {
    going = false;
    await Promise.all(all);
    return answers;
  };
}

const allGood = (answers: Record<string, number>) =>
  expect(Object.keys(answers).filter((key) => !key.startsWith("200 "))).toEqual([]);

test("revisions come, take over and leave without a call that fails", async () => {
  const { echo, edge, bring, clusters, files } = await setUp();
  const stop = calling(echo);
  await bring(edge(["echo-1", "echo-2"]));
  await bring(edge(["echo-1", "echo-2"], { share: 50 }));
  await bring(edge(["echo-1", "echo-3"]));
  await bring(edge(["echo-3"]));
  await bring(edge(["echo-2"])); // at once, without having been a candidate
  const answers = await stop();
  allGood(answers);
  expect(Object.keys(answers).sort()).toEqual(["200 echo-1", "200 echo-2", "200 echo-3"]);
  expect(await clusters()).toEqual(["echo-2", "echo-2-sessions"]);
  expect(await files()).toEqual(["cds.json", "eds-echo-2.json", "lds.json", "rds-echo.json"]);
});

test("a service comes and goes beside another one, which notices nothing", async () => {
  const { echo, other, admin, edge, bring, clusters, files } = await setUp();
  const stop = calling(echo);
  const client = new Client(other);
  onTestFinished(() => client.close());
  for (let round = 0; round < 3; round += 1) {
    await bring(edge(["echo-1"], { withOther: true }));
    expect(await client.call()).toMatchObject({ status: 200, by: "other-1" }); // its very first call
    await bring(edge(["echo-1"]));
    expect(await clusters()).toEqual(["echo-1", "echo-1-sessions"]);
    expect(await files()).toEqual(["cds.json", "eds-echo-1.json", "lds.json", "rds-echo.json"]);
    expect([...(await listenersInForce(admin)).keys()]).toEqual(["echo"]);
  }
  allGood(await stop());
});

test("a changed listener is in force when reported, and drops no call", async () => {
  const { echo, admin, edge, bring } = await setUp();
  const limits = { perMinute: 6000, burst: 6000, perHour: 360_000, exempt: [] };
  const stop = calling(echo);
  const before = (await listenersInForce(admin)).get("echo");
  await bring(edge(["echo-1"], { limits: { ...limits, exempt: ["127.0.0.0/8"] } }));
  expect((await listenersInForce(admin)).get("echo")).not.toBe(before);
  allGood(await stop());
  await bring(edge(["echo-1"], { limits: { ...limits, perMinute: 1, burst: 1 } }));
  const client = new Client(echo);
  onTestFinished(() => client.close());
  const statuses = [await client.call(), await client.call()].map(({ status }) => status);
  expect(statuses).toEqual([200, 429]);
});

test("killed at each write, it leaves an edge that answers, and is finished by the next run", {
  timeout: 120_000,
}, async () => {
  const { echo, edge, bring, clusters, files } = await setUp();
  const there = edge(["echo-1"]);
  const next = edge(["echo-3", "echo-2"], { withOther: true, share: 10 });
  onTestFinished(() => {
    life.writes = Number.POSITIVE_INFINITY;
  });
  const stop = calling(echo);
  const die = async (to: Edge, writes: number) => {
    life.writes = writes;
    const ended = await bring(to).then(
      () => "done",
      (error: Error) => error.message,
    );
    life.writes = Number.POSITIVE_INFINITY;
    return ended;
  };
  let deaths = 0;
  for (const [from, to] of [
    [there, next],
    [next, there],
  ] as const) {
    for (let writes = 0; ; writes += 1) {
      await bring(from);
      const ended = await die(to, writes);
      if (ended === "done") break;
      expect(ended).toBe("killed");
      deaths += 1;
      if (writes % 2 === 0) await bring(to); // or another one brings back what was
    }
  }
  const answers = await stop();
  allGood(answers);
  expect(deaths).toBeGreaterThan(15);
  expect(await clusters()).toEqual(["echo-1", "echo-1-sessions"]);
  expect(await files()).toEqual(["cds.json", "eds-echo-1.json", "lds.json", "rds-echo.json"]);
});

test("settings that need another start of Envoy are in force as far as the running one can have them", async () => {
  const { echo, edge, bring } = await setUp();
  const auth = { issuer: "https://login.test/", audience: "mcp", jwks: "https://login.test/jwks" };
  await bring(edge(["echo-2"], { auth, peers: ["127.0.0.0/8"] })); // where the keys are, Envoy reads when it starts
  const client = new Client(echo);
  onTestFinished(() => client.close());
  expect(await client.call()).toMatchObject({ status: 200, by: "echo-2" });
});

test("where no Envoy runs the folder is filled, also beside the socket of one that was killed", async () => {
  const { folder, edge, envoy, files } = await setUp();
  process.kill(envoy.pid, "SIGKILL");
  await envoy.exited;
  expect((await stat(edgePaths(folder).admin)).isSocket()).toBe(true);
  await bringOrFill(edge(["echo-2"]));
  expect(await files()).toEqual(["cds.json", "eds-echo-2.json", "lds.json", "rds-echo.json"]);
  expect((await readdir(folder)).filter((name) => name.endsWith(".json")).sort()).toEqual([
    "bootstrap.json",
    "declared.json",
    "edge.json",
    "sample-budget.json",
  ]);
});
