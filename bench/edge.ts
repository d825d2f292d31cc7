import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../rehearsal/port.ts";
import {
  type Attack,
  memoryOf,
  requests,
  sockets,
  unfinishedOverHttp1,
  unfinishedOverHttp2,
} from "../tests/fixtures/edge/attacks.ts";
import { Client } from "../tests/fixtures/edge/client.ts";
import { at, deferred, type Everyday, startEveryday } from "../tests/fixtures/edge/everyday.ts";
import type { Figure, Figures } from "./figure.ts";

const MIB = 1024 * 1024;
const call = { method: "POST", path: "/mcp" };
const stream = { method: "GET", path: "/mcp", headers: { accept: "text/event-stream" } };

/** What attacks on a real edge cost it and others, at full size; the last one takes a quarter of a minute. */
export async function* edge(): Figures {
  yield memory("45 streams of GET /healthz, bodies of 15 MiB", (port) => [
    unfinishedOverHttp2(port, 45, 15 * MIB, { method: "GET", path: "/healthz" }),
  ]);
  yield memory("270 streams of POST, bodies of 3.5 MiB", (port) =>
    [1, 2, 3].map(() => unfinishedOverHttp2(port, 90, 3.5 * MIB, call)),
  );
  yield memory("250 connections of POST, bodies of 3.5 MiB", (port) => [
    unfinishedOverHttp1(port, 250, 3.5 * MIB, call),
  ]);
  yield streams();
  yield health();
  yield idleSockets();
}

const memory = (what: string, flood: (port: number) => Promise<Attack>[]): Promise<Figure> =>
  behindAnEdge({}, async (everyday, port) => {
    const { now } = await memoryOf(everyday.envoy.pid);
    const attacks = await Promise.all(flood(port));
    const served = await servedFor(5, everyday.client);
    const { most } = await memoryOf(everyday.envoy.pid);
    for (const attack of attacks) attack.end();
    return {
      what: `memory of the edge: ${what}, none finished`,
      promise: "under 400 MiB, and at least 90 % of others' calls succeed",
      kept: most < 400 && served.good >= 0.9 * served.all,
      ours: `${now.toFixed(0)} to ${most.toFixed(0)} MiB, ${served.good} of ${served.all} calls, slowest ${served.slowest.toFixed(0)} ms`,
      others: [],
    };
  });

const streams = (): Promise<Figure> =>
  behindAnEdge({}, async ({ client }, port) => {
    const from = Array.from({ length: 110 }, (_, one) => `127.0.7.${one + 1}`);
    const rounds: Attack[] = [];
    const answered = (status: number) => rounds.reduce((sum, { statuses }) => sum + (statuses[status] ?? 0), 0);
    while (rounds.length < 11) {
      rounds.push(await requests(port, 100, stream, from.slice(10 * rounds.length)));
      await until(() => answered(200) + answered(503) >= 100 * rounds.length, 5);
    }
    const served = await Promise.race([servedFor(2, client), wait(10_000, { all: 1, good: 0, slowest: 10_000 })]);
    for (const round of rounds) round.end();
    return {
      what: "calls beside 1,100 streams of 110 clients",
      promise: "all succeed",
      kept: served.good === served.all,
      ours: `${served.good} of ${served.all} calls, slowest ${served.slowest.toFixed(0)} ms; ${answered(200)} streams open`,
      others: [],
    };
  });

const health = (): Promise<Figure> => {
  const limits = { perMinute: 60, burst: 10, perHour: 1000, exempt: [] };
  return behindAnEdge({ limits }, async ({ client, stable, candidate }) => {
    await Promise.all(Array.from({ length: 1000 }, () => client.get("/healthz")));
    const reached = stable[0].seen + stable[1].seen + candidate.seen;
    return {
      what: "1,000 questions of one client for health",
      promise: "at most 80 reach a server",
      kept: reached <= 80,
      ours: `${reached} reached a server`,
      others: [],
    };
  });
};

const idleSockets = async (): Promise<Figure> => {
  const metrics = await freePort();
  return behindAnEdge({ metrics: at(metrics) }, async ({ client, admin }, port) => {
    const attack = await sockets(port, 10_000);
    await until(() => attack.open() <= 8000);
    const scraper = new Client(metrics);
    const scraped = (await scraper.get("/healthz")).status === 200 && (await admin.get("/ready")) === "LIVE\n";
    scraper.close();
    const began = performance.now();
    while ((await client.call()).status !== 200 && performance.now() - began < 30_000) await wait(100);
    const seconds = (performance.now() - began) / 1000;
    attack.end();
    return {
      what: "10,000 connections of one address that say nothing",
      promise: "metrics and admin answer, others are served again within 15 s",
      kept: scraped && seconds < 15,
      ours: `metrics and admin ${scraped ? "answer" : "DO NOT answer"}, others served after ${seconds.toFixed(1)} s`,
      others: [],
    };
  });
};

/** Calls one after the other for so many seconds. */
async function servedFor(seconds: number, client: Client) {
  const served = { all: 0, good: 0, slowest: 0 };
  for (const began = performance.now(); performance.now() - began < 1000 * seconds; await wait(20)) {
    const asked = performance.now();
    const { status } = await client.call();
    served.all += 1;
    if (status === 200) served.good += 1;
    served.slowest = Math.max(served.slowest, performance.now() - asked);
  }
  return served;
}

async function until(isSo: () => boolean, seconds = 30): Promise<void> {
  for (const began = performance.now(); !isSo() && performance.now() - began < 1000 * seconds; await wait(50));
}

async function behindAnEdge(
  more: Parameters<typeof startEveryday>[1],
  measure: (everyday: Everyday, port: number) => Promise<Figure>,
): Promise<Figure> {
  const { defer, cleanUp } = deferred();
  try {
    const everyday = await startEveryday(defer, more);
    return await measure(everyday, everyday.settings.services[0]?.listen.port ?? 0);
  } finally {
    await cleanUp();
  }
}
