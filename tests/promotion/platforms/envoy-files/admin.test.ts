import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { adminSocket } from "../../../../promotion/platforms/envoy-files/admin.ts";
import { temporaryFolder } from "../../../fixtures/envoy.ts";

let socket: string;
beforeAll(async () => {
  // each test has the socket to itself: the server before is closed when its test has finished
  const cleanUps: (() => Promise<void>)[] = [];
  socket = join(await temporaryFolder((cleanUp) => cleanUps.push(cleanUp)), "admin.sock");
  return () => Promise.all(cleanUps.map((cleanUp) => cleanUp()));
});

async function answering(status: number, body?: string) {
  const server = createServer((_, response) => {
    if (body !== undefined) response.writeHead(status).end(body);
  }).listen(socket);
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
}

test("the answer is the body", async () => {
  await answering(200, "LIVE\n");
  await expect(adminSocket(socket).get("/ready")).resolves.toBe("LIVE\n");
});

test("another status is an error with the body", async () => {
  await answering(503, "INITIALIZING\n");
  await expect(adminSocket(socket).get("/ready")).rejects.toThrow(`${socket} answered /ready with 503: INITIALIZING`);
});

test("no socket is an error that names it", async () => {
  await expect(adminSocket(socket).get("/ready")).rejects.toThrow(
    new RegExp(`${socket} did not answer /ready: .*ENOENT.*Is the edge running\\?`),
  );
});

test("a silent admin socket times out", async () => {
  await answering(200);
  await expect(adminSocket(socket).get("/ready", AbortSignal.timeout(50))).rejects.toThrow("timed out");
});
