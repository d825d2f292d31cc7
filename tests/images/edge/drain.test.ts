import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { edgePaths } from "../../../edge/paths.ts";
import { freePort } from "../../../rehearsal/port.ts";
import { Client } from "../../fixtures/edge/client.ts";
import { at, startEveryday } from "../../fixtures/edge/everyday.ts";
import { root } from "../../fixtures/releases.ts";

/** An edge that is measured, and what ends it gently, as a pod's preStop runs it. */
async function startDrainable() {
  const port = await freePort();
  const edge = await startEveryday(onTestFinished, { metrics: at(port) });
  const kubelet = new Client(port);
  onTestFinished(() => kubelet.close());
  const drain = (least: number, most: number) => {
    const script = join(root, "images/edge/drain.py");
    const args = [script, edgePaths(edge.settings.folder).admin, `${least}`, `${most}`];
    const child = spawn("python3", args, { stdio: ["ignore", "ignore", "inherit"] });
    const begun = performance.now();
    return once(child, "exit").then(([code]) => ({ code, seconds: (performance.now() - begun) / 1000 }));
  };
  const health = async () => (await kubelet.get("/healthz")).status;
  const held = () => edge.client.call(undefined, { "x-do": "hold" });
  const seen = () => edge.stable[0].seen + edge.stable[1].seen;
  const release = () => {
    for (const upstream of edge.stable) upstream.release();
  };
  return { client: edge.client, drain, health, held, seen, release };
}

test("a draining edge reports not ready, serves remaining requests, and exits when none are open", async () => {
  const { client, drain, health, seen, release, ...edge } = await startDrainable();
  expect(await health()).toBe(200);
  const held = edge.held();
  await expect.poll(seen, { timeout: 5000 }).toBe(1);
  let ended = false;
  const drained = drain(0.5, 30).finally(() => {
    ended = true;
  });
  await expect.poll(health, { timeout: 5000 }).toBe(503);
  const late = await client.call();
  expect(late.status).toBe(200);
  expect(late.headers.connection).toBe("close"); // its client shall look elsewhere next time
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(ended).toBe(false); // the held call is open
  release();
  expect((await held).status).toBe(200);
  expect((await drained).code).toBe(0);
});

test("an idle edge still waits the minimum time, in which clients learn that it is going away", async () => {
  const { drain } = await startDrainable();
  const { code, seconds } = await drain(1, 30);
  expect(code).toBe(0);
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThan(10);
});

test("waiting for a stream that never ends is limited", async () => {
  const { drain, held, seen, release } = await startDrainable();
  const stream = held();
  await expect.poll(seen, { timeout: 5000 }).toBe(1);
  const { code, seconds } = await drain(0, 1);
  expect(code).toBe(0);
  expect(seconds).toBeGreaterThanOrEqual(1);
  release();
  await stream;
});

test("without a responding Envoy, it fails and exits", async () => {
  const child = spawn("python3", [join(root, "images/edge/drain.py"), "/no/socket", "1", "30"], {
    stdio: "ignore",
  });
  expect((await once(child, "exit"))[0]).not.toBe(0);
});
