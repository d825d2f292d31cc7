import { readdir, readFile } from "node:fs/promises";
import { type OutgoingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { EdgeSettings } from "../../edge/settings.ts";
import { observationsOf, totalsOf } from "../../promotion/failures.ts";
import { begunEvents, fileJournal } from "../../promotion/journal.ts";
import { startRehearsal } from "./command.ts";

// One client against a healthy candidate, through a real Envoy, beside ten ordinary users.

const plan = {
  extends: "rehearsal",
  name: "attacked",
  poll: 0.5,
  steps: [
    { share: 90, maxErrorRate: 0.05, minDuration: 12, maxDuration: 60 },
    { share: 100, maxErrorRate: 0.05, minDuration: 6, maxDuration: 60 },
  ],
  bake: [{ for: 5, poll: 0.5 }],
  drain: 3,
};

/** How long the attack lasts, in milliseconds, and how many requests it has under way at once. */
const ATTACK_MS = 20_000;
const AT_ONCE = 8;

const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "mallory", version: "1" } },
});
const call = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "echo", arguments: {} } });
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** One POST of the one client: `lateMs` holds the second half of the body back. Resolves with the status, or 0 where there is none. */
function post(port: number, body: string, headers: OutgoingHttpHeaders, lateMs = 0): Promise<number> {
  return new Promise((resolve) => {
    const sent = request({
      port,
      host: "127.0.0.1",
      path: "/mcp",
      method: "POST",
      timeout: 10_000,
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "x-forwarded-for": "10.9.9.9",
        ...headers,
      },
    });
    sent.once("response", (response) => {
      response.resume().once("close", () => resolve(response.statusCode ?? 0));
    });
    sent.once("error", () => resolve(0));
    sent.once("timeout", () => sent.destroy());
    sent.write(body.slice(0, 20));
    void pause(lateMs).then(() => sent.end(body.slice(20)));
  });
}

/** Everything that one client can do to make a candidate look bad, in turns. */
function attacks(port: number, candidate: string): (() => Promise<number>)[] {
  const session = (own: string) => ({ "mcp-session-id": `${base64(candidate)};UV:${base64(own)}` });
  return [
    () => post(port, call, session("a session that never was")),
    () => post(port, call, session("a line\nbreak")),
    () => post(port, initialize, { connection: "Upgrade", upgrade: "websocket" }),
    () => post(port, initialize, {}, 1200),
    () => post(port, call, { "x-revision": "candidate", ...session("nobody's") }),
    () => post(port, "{", { "x-revision": "candidate" }),
  ];
}

test("one client, whatever it sends, has a healthy candidate neither convicted nor held", {
  timeout: 120_000,
}, async (t) => {
  const { cwd, ended } = await startRehearsal(t, { plan, rps: 25 });
  const { folder, settings } = await vi.waitFor(
    async () => {
      const [name = ""] = await readdir(join(cwd, ".maha/rehearsal"));
      const folder = join(cwd, ".maha/rehearsal", name);
      expect(await readFile(join(folder, "journal.jsonl"), "utf8")).toMatch(/"in-force","at":\d+,"share":90/);
      const { settings } = JSON.parse(await readFile(join(folder, "edge/edge.json"), "utf8"));
      return { folder, settings: settings as EdgeSettings };
    },
    { timeout: 40_000 },
  );
  const [service] = settings.services;
  const [at] = service?.candidate?.endpoints ?? [];
  const all = attacks(service?.listen.port ?? 0, `${at?.address}:${at?.port}`);
  const statuses: Record<number, number> = {};
  const end = performance.now() + ATTACK_MS;
  const attack = async (first: number) => {
    for (let i = first; performance.now() < end; i++) {
      const status = (await all[i % all.length]?.()) ?? 0;
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => attack(i)));

  const { code, summary, err } = await ended;
  expect([code, summary?.result], err).toEqual([0, "promoted"]);
  expect(err).not.toContain("held");
  expect(summary).toMatchObject({ lostSessions: 0, warnings: [] });
  // the attack was one: the candidate itself refused what was forged
  const events = begunEvents(await fileJournal(join(folder, "journal.jsonl")).read(), folder);
  const { kinds = {} } = totalsOf(observationsOf(events)).candidate;
  expect(kinds["forgotten session"] ?? 0, JSON.stringify({ statuses, kinds })).toBeGreaterThan(50);
});
