import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { edgePaths } from "../../../edge/paths.ts";
import { shareIn, splitOf } from "../../../edge/routes.ts";
import { type EdgeSettings, type Position, restingPosition } from "../../../edge/settings.ts";
import { fingerprint } from "../../../edge/traffic-config-map.ts";
import { adminSocket } from "../../../promotion/platforms/envoy-files/admin.ts";
import { routesInForce } from "../../../promotion/platforms/envoy-files/readback.ts";
import { startEnvoy } from "../../../rehearsal/envoy.ts";
import { freePort } from "../../../rehearsal/port.ts";
import { Client } from "../../fixtures/edge/client.ts";
import { startUpstream } from "../../fixtures/edge/upstream.ts";
import { envoyBinary } from "../../fixtures/envoy.ts";
import { startWatchApi } from "../../fixtures/kubernetes/watch-api.ts";
import { startWatcher } from "../../fixtures/kubernetes/watcher.ts";
import { describeWith } from "../../fixtures/tools.ts";

/** An edge between two revisions, which are known by name. */
function edgeOf(folder: string, listen: number, stable: Port, candidate?: Port): EdgeSettings {
  const revision = ({ id, port }: Port) => ({ id, endpoints: [{ address: "localhost", port }] });
  return {
    folder,
    services: [
      {
        name: "akosha",
        listen: { address: "127.0.0.1", port: listen },
        stable: revision(stable),
        ...(candidate && { candidate: revision(candidate) }),
      },
    ],
  };
}
type Port = { id: string; port: number };

/** An edge at a position, as a ConfigMap holds it. */
const edgeAt = (settings: EdgeSettings, position: Partial<Position> = {}): string =>
  JSON.stringify({ settings, position: { ...restingPosition, ...position } });

/** The ConfigMap to rest on. */
const restingOn = (settings: EdgeSettings) => ({
  "edge.json": edgeAt(settings),
  resting: fingerprint(edgeAt(settings)),
});

/** A watcher beside a double of the API server, and what was declared with it. */
async function start(settings: (folder: string) => EdgeSettings) {
  const double = await startWatchApi(mkdtempSync(join(tmpdir(), "api-")));
  onTestFinished(() => double.stop());
  const folder = mkdtempSync(join(tmpdir(), "edge-"));
  const edge = settings(folder);
  const resting = restingOn(edge);
  const declared = { "mahavishnu.dev/resting": resting.resting };
  const asked = {
    resting,
    namespace: "prod",
    url: double.api.url,
    authority: double.authority,
    token: "t1",
    edge: folder,
  };
  const run = async () => {
    const watcher = await startWatcher(asked);
    onTestFinished(async () => void (await watcher.stop("SIGKILL")));
    return watcher;
  };
  const move = (position: Partial<Position>) =>
    double.put({ "edge.json": edgeAt(edge, position), resting: resting.resting }, declared);
  return { double, folder, edge, resting, declared, run, move };
}

const twoPorts = (folder: string) =>
  edgeOf(folder, 18682, { id: "akosha-1", port: 9001 }, { id: "akosha-2", port: 9002 });

describeWith(["openssl"], "a watcher at a double of the API server", {}, () => {
  test("rests where there is no ConfigMap, or one without data", async () => {
    const { double, declared, run } = await start(twoPorts);
    const watcher = await run();
    await expect.poll(() => watcher.read("bootstrap.json"), { timeout: 20_000 }).not.toBe("");
    expect(watcher.read("edge.json")).toContain('"share": 0');
    expect(watcher.read("xds/eds-akosha-1.json")).toContain('"127.0.0.1"');
    expect(watcher.read("xds/rds-akosha.json")).not.toContain("localhost");
    double.put({}, declared);
    await expect.poll(() => double.asked.length, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(watcher.read("edge.json")).toContain('"share": 0');
    expect(readdirSync(join(watcher.edge, "xds")).sort()).toEqual([
      "cds.json",
      "eds-akosha-1.json",
      "eds-akosha-2.json",
      "lds.json",
      "rds-akosha.json",
    ]);
  });

  test("follows a promoter, across cuts, and rests when the ConfigMap is emptied or gone", async () => {
    const { double, declared, run, move } = await start(twoPorts);
    const watcher = await run();
    const share = () => (JSON.parse(watcher.read("edge.json") || "{}") as { position?: Position }).position?.share;
    await expect.poll(share, { timeout: 20_000 }).toBe(0);
    move({ share: 25 });
    await expect.poll(share, { timeout: 20_000 }).toBe(25);
    double.cut(true);
    move({ share: 50 });
    double.cut(false);
    await expect.poll(share, { timeout: 20_000 }).toBe(50);
    double.put({}, declared);
    await expect.poll(share, { timeout: 20_000 }).toBe(0);
    move({ share: 10 });
    await expect.poll(share, { timeout: 20_000 }).toBe(10);
    double.remove();
    await expect.poll(share, { timeout: 20_000 }).toBe(0);
  }, 60_000);

  test("keeps the edge in force after a restart without an API server, and when its input is invalid", async () => {
    const { double, declared, run, move, resting } = await start(twoPorts);
    const first = await run();
    const share = () => (JSON.parse(first.read("edge.json") || "{}") as { position?: Position }).position?.share;
    await expect.poll(share, { timeout: 20_000 }).toBe(0);
    move({ share: 25 });
    await expect.poll(share, { timeout: 20_000 }).toBe(25);
    double.put({ "edge.json": '{"half', resting: resting.resting }, declared);
    await expect.poll(() => first.said.join(), { timeout: 20_000 }).toContain("edge.json is not JSON");
    expect(share()).toBe(25);
    expect(await first.stop()).toBe(0);

    double.cut(true);
    const second = await run();
    await expect.poll(() => second.said.join(), { timeout: 20_000 }).toContain("cannot watch the ConfigMap");
    expect(JSON.parse(second.read("edge.json"))).toMatchObject({ position: { share: 25 } });
  }, 60_000);

  test.each<["told" | "mounted"]>([["told"], ["mounted"]])(
    "follows newly declared files when they are %s, and drops moves from the old ones",
    async (how) => {
      const { double, folder, run, move } = await start(twoPorts);
      const watcher = await run();
      const edge = () =>
        JSON.parse(watcher.read("edge.json") || "{}") as { position?: Position; settings?: EdgeSettings };
      await expect.poll(() => edge().position?.share, { timeout: 20_000 }).toBe(0);
      move({ share: 100, retired: ["akosha-1"] });
      await expect.poll(() => edge().position?.share, { timeout: 20_000 }).toBe(100);

      // settled: the candidate is stable now; what the promoter moved is still there, from the files before
      const next = restingOn(edgeOf(folder, 18682, { id: "akosha-2", port: 9002 }));
      double.put({ resting: "of another time" }, { "mahavishnu.dev/resting": next.resting });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(edge().position?.share).toBe(100); // not yet known: what is in force goes on
      if (how === "told") double.put(next, {}, "edge-resting");
      else watcher.mount(next);
      await expect.poll(() => edge().settings?.services[0]?.stable.id, { timeout: 15_000 }).toBe("akosha-2");
      expect(edge().position).toEqual(restingPosition);
      await expect
        .poll(() => readdirSync(join(watcher.edge, "xds")), { timeout: 20_000 })
        .not.toContain("eds-akosha-1.json");
    },
    60_000,
  );

  test("never shows half a file to a reader", async () => {
    const { run, move } = await start(twoPorts);
    const watcher = await run();
    await expect.poll(() => watcher.read("xds/lds.json"), { timeout: 20_000 }).not.toBe("");
    const seen = new Set<number>();
    // as long as it takes to look between many of its writes
    for (let i = 1; seen.size < 20; i += 1) {
      move({ share: i % 100 });
      for (let j = 0; j < 5; j += 1) {
        for (const place of ["xds/rds-akosha.json", "xds/lds.json", "xds/cds.json"]) JSON.parse(watcher.read(place));
        seen.add((JSON.parse(watcher.read("edge.json")) as { position: Position }).position.share);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    move({ share: 33 });
    await expect.poll(() => watcher.read("edge.json"), { timeout: 20_000 }).toContain('"share": 33,');
  }, 60_000);

  test("moves the traffic of a real Envoy without failing a call, even when a revision is replaced at once", async () => {
    const [one, two] = [await startUpstream("akosha-1"), await startUpstream("akosha-2")];
    for (const upstream of [one, two]) onTestFinished(() => upstream.stop());
    const listen = await freePort();
    const [stable, candidate] = [
      { id: "akosha-1", port: one.port },
      { id: "akosha-2", port: two.port },
    ];
    const { double, folder, run, move } = await start((folder) => edgeOf(folder, listen, stable, candidate));
    const watcher = await run();
    await expect.poll(() => watcher.read("bootstrap.json"), { timeout: 20_000 }).not.toBe("");
    const envoy = await startEnvoy({ binary: await envoyBinary(), folder });
    onTestFinished(() => envoy.stop());
    await envoy.ready;
    const client = new Client(listen);
    onTestFinished(() => client.close());

    let calling = true;
    const counts = new Map<string, number>();
    const callers = Array.from({ length: 4 }, async () => {
      while (calling) {
        const { status, by } = await client.call();
        const key = `${status} ${by}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    });
    const inForce = async () => {
      const { settings } = JSON.parse(watcher.read("edge.json")) as { settings: EdgeSettings };
      const [service] = settings.services;
      const routes = (await routesInForce(adminSocket(edgePaths(folder).admin))).get("akosha");
      return service && routes ? shareIn(service, splitOf(routes)) : undefined;
    };
    move({ share: 50 });
    await expect.poll(inForce, { timeout: 20_000, interval: 10 }).toBe(50);
    const by = (id: string) => counts.get(`200 ${id}`) ?? 0;
    await expect.poll(() => by("akosha-2"), { timeout: 20_000 }).toBeGreaterThan(20);

    // declared anew, with the second one alone: clusters come and go with the routes
    const next = restingOn(edgeOf(folder, listen, candidate));
    double.put(next, {}, "edge-resting");
    double.put({}, { "mahavishnu.dev/resting": next.resting });
    await expect.poll(() => readdirSync(join(folder, "xds")), { timeout: 15_000 }).not.toContain("eds-akosha-1.json");
    const before = by("akosha-1");
    await expect.poll(() => by("akosha-2"), { timeout: 20_000 }).toBeGreaterThan(200);
    calling = false;
    await Promise.all(callers);
    expect(by("akosha-1") - before).toBeLessThan(10);
    expect([...counts.keys()].filter((key) => !key.startsWith("200 "))).toEqual([]);
  }, 60_000);
});
