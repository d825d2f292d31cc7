import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { edgePaths } from "../../edge/paths.ts";
import { freePort } from "../../rehearsal/port.ts";
import { Client } from "../fixtures/edge/client.ts";
import { at, startEveryday } from "../fixtures/edge/everyday.ts";

async function startMeasured() {
  const port = await freePort();
  const edge = await startEveryday(onTestFinished, { metrics: at(port) });
  const scraper = new Client(port);
  onTestFinished(() => scraper.close());
  return { ...edge, port, scraper };
}

/** A POST to the admin socket, as the one who ends an edge gently makes it. */
async function tell(folder: string, path: string) {
  const sent = request({ socketPath: edgePaths(folder).admin, path, method: "POST", agent: false }).end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

test("the counters and the health can be read, and nothing else of the admin interface reached", async () => {
  const { client, scraper, port, target, admin } = await startMeasured();
  await client.open();
  await target.setShare(10); // the cluster for the admin interface is not one of those that a promotion moves
  const counters = await scraper.get("/stats/prometheus");
  expect(counters).toMatchObject({ status: 200, headers: { "content-type": expect.stringContaining("text/plain") } });
  expect(counters.body).toMatch(
    /^envoy_edge_requests\{revision="echo-1",client="\d+",route="new",by="server",code="200".*\} 1$/m,
  );
  expect(counters.body).toMatch(/^envoy_server_live\{\} 1$/m);
  expect(await scraper.get("/healthz")).toMatchObject({ status: 200, body: "LIVE\n" });

  for (const path of [
    "/",
    "/stats",
    "/config_dump",
    "/quitquitquit",
    "/ready",
    "/healthz/",
    "/stats/prometheus/",
    "/healthz/../config_dump",
  ]) {
    expect(await scraper.get(path), path).toMatchObject({ status: 404, body: "" });
  }
  for (const path of ["/quitquitquit", "/healthcheck/fail", "/stats/prometheus", "/healthz"]) {
    const socket = connect(port, "127.0.0.1");
    socket.write(`POST ${path} HTTP/1.1\r\nhost: edge\r\ncontent-length: 0\r\n\r\n`);
    const [answer] = await once(socket.setEncoding("latin1"), "data");
    socket.destroy();
    expect(answer, path).toMatch(/^HTTP\/1\.1 404 /);
  }
  expect(await admin.get("/ready")).toBe("LIVE\n");
});

test("an edge that is told to fail its health check goes on serving while its clients leave", async () => {
  const { client, scraper, settings, stable } = await startMeasured();
  const session = await client.open();
  const held = client.call(session.id, { "x-do": "hold" });
  await expect.poll(() => stable[0].seen + stable[1].seen).toBe(2);
  expect(await tell(settings.folder, "/healthcheck/fail")).toBe(200);
  expect((await scraper.get("/healthz")).status).toBe(503);
  expect(await client.call(session.id)).toMatchObject({ status: 200, headers: { connection: "close" } });
  expect((await client.call()).status).toBe(200);
  for (const upstream of stable) upstream.release();
  expect(await held).toMatchObject({ status: 200, headers: { connection: "close" } });
});
