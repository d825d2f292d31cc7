import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FILES } from "../../../../edge/paths.ts";
import { systemClock } from "../../../../promotion/clock.ts";
import { readEdge, writeFiles } from "../../../../promotion/platforms/envoy-files/folder.ts";
import { createEdge } from "../../../../promotion/platforms/envoy-files/inforce.ts";
import { edgeTrafficController } from "../../../../promotion/platforms/envoy-files/traffic-controller.ts";
import { freePort } from "../../../../rehearsal/port.ts";
import { Client, hammer } from "../../../fixtures/edge/client.ts";
import { at, deferred, type Everyday, probing, startEveryday } from "../../../fixtures/edge/everyday.ts";
import { startUpstream } from "../../../fixtures/edge/upstream.ts";
import { startTestEdge, temporaryFolder } from "../../../fixtures/envoy.ts";

const { defer, cleanUp } = deferred();
let edge: Everyday;
beforeAll(async () => {
  edge = await startEveryday(defer);
});
afterAll(cleanUp);

const open = (count: number, headers = {}) =>
  Promise.all(Array.from({ length: count }, () => edge.client.open(headers)));

test("a preview leads to each revision at share 0, and the server does not see how", async () => {
  await edge.target.setShare(0);
  for (const [role, revision] of [
    ["stable", "echo-1"],
    ["candidate", "echo-2"],
  ] as const) {
    const [preview] = await edge.target.preview(role);
    const answer = await edge.client.call(undefined, preview?.headers);
    expect(preview).toMatchObject({
      service: "echo",
      url: `http://127.0.0.1:${edge.settings.services[0]?.listen.port}`,
    });
    expect(answer).toMatchObject({ status: 200, by: revision });
    expect(answer.headers["x-leaked"]).toBeUndefined();
    const again = await edge.client.call(answer.session, preview?.headers);
    expect(again).toMatchObject({ status: 200, by: revision });
  }
  expect(await edge.client.call(undefined, { ...probing("stable"), "x-revision": "nobody" })).toMatchObject({
    status: 404,
    by: undefined,
  });
});

test.each([10, 25, 50, 100, 0.05, 0])("a share of %d is in force when setShare returns", async (share) => {
  await edge.target.setShare(share);
  expect(await edge.target.share()).toBe(share);
  expect((await readEdge(edge.settings.folder)).position.share).toBe(share);
});

test.each([-1, 100.5, 0.001, Number.NaN])("a share of %d is refused", async (share) => {
  await expect(edge.target.setShare(share)).rejects.toThrow("0 to 100, with at most two decimals");
});

// The two with the most calls have time for a busy machine; they take two and three seconds on an idle one.
test("10,000 new sessions split as the share says", { timeout: 60_000 }, async () => {
  await edge.target.setShare(25);
  const answered = await hammer(edge.settings.services[0]?.listen.port as number, 10_000);
  expect(Object.keys(answered).sort()).toEqual(["echo-1", "echo-2"]);
  expect(Math.abs((answered["echo-2"] as number) / 100 - 25)).toBeLessThan(2);
});

test("a session stays where it began, whatever the share becomes", async () => {
  await edge.target.setShare(50);
  const sessions = await open(40);
  expect(new Set(sessions.map(({ by }) => by)).size).toBe(2);
  for (const share of [100, 10, 50]) {
    await edge.target.setShare(share);
    for (const { id, by } of sessions)
      expect(await edge.client.call(id)).toMatchObject({ status: 200, by, session: id });
  }
});

test("50 shifts under load fail no call and move no session", { timeout: 60_000 }, async () => {
  let [calls, failed, moved, isOver] = [0, 0, 0, false];
  const user = async () => {
    while (!isOver) {
      const first = await edge.client.call();
      const session = [first];
      for (let call = 0; call < 5; call += 1) {
        await wait(10); // about as many calls as a hundred users make, not as many as the machine can bear
        session.push(await edge.client.call(first.session, call === 4 ? { "x-do": "sse" } : {}));
      }
      calls += session.length;
      failed += session.filter(({ status }) => status !== 200).length;
      moved += session.filter(({ by }) => by !== first.by).length;
    }
  };
  const users = Array.from({ length: 8 }, user);
  for (let shift = 0; shift < 50; shift += 1) await edge.target.setShare([10, 50, 100, 25][shift % 4] as number);
  isOver = true;
  await Promise.all(users);
  expect({ failed, moved }).toEqual({ failed: 0, moved: 0 });
  expect(calls).toBeGreaterThan(300);
});

test("at share 0 the candidate's clients are asked to start new sessions, and stable's notice nothing", async () => {
  await edge.target.setShare(50);
  const sessions = await open(40);
  const probed = await edge.client.open(probing("candidate"));
  await edge.target.setShare(0);
  for (const { id, by } of sessions) {
    const answer = await edge.client.call(id);
    if (by === "echo-1") expect(answer).toMatchObject({ status: 200, by });
    else {
      expect(answer).toMatchObject({ status: 404, by: undefined, headers: { "content-type": "application/json" } });
      expect(JSON.parse(answer.body)).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32001 } });
    }
  }
  expect(await edge.client.call(probed.id, probing("candidate"))).toMatchObject({ status: 200, by: "echo-2" });
  expect(await edge.client.open()).toMatchObject({ by: "echo-1" });
});

test("no forged session reaches the candidate at share 0", async () => {
  await edge.target.setShare(0);
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const candidate = base64(`127.0.0.1:${edge.candidate.port}`);
  const stable = base64(`127.0.0.1:${edge.stable[0].port}`);
  const before = edge.candidate.seen;
  const forged: (string | string[])[] = [
    `${candidate};UV:${base64("anything")}`,
    `;${candidate};UV:${base64("empty parts are skipped")}`,
    `;;${candidate};;UV:${base64("more of them")}`,
    `${candidate.replace(/=+$/, "")};UV:${base64("no padding")}`,
    `${stable};UV:not base64`,
    `${stable};${candidate};UV:${base64("two addresses")}`,
    `${stable};nothing`,
    "plain",
    "",
    base64("127.0.0.1:1"),
    [`${stable};UV:${base64("first of two headers")}`, `${candidate};UV:${base64("second")}`],
    [`${candidate};UV:${base64("first")}`, `${stable};UV:${base64("second")}`],
  ];
  for (const session of forged) {
    const answer = await edge.client.call(undefined, { "mcp-session-id": session });
    expect(answer, String(session)).toMatchObject({ status: 404 });
    expect(answer.by, String(session)).not.toBe("echo-2");
  }
  expect(edge.candidate.seen).toBe(before);
});

test("disagreeing services are named, and the next setShare reconciles them", async () => {
  const [one, two, three] = [await startUpstream("a"), await startUpstream("b"), await startUpstream("c")];
  const settings = {
    folder: await temporaryFolder(),
    services: [
      {
        name: "back",
        listen: at(await freePort()),
        stable: { id: "back-1", endpoints: [at(one.port)] },
        candidate: { id: "back-2", endpoints: [at(two.port)] },
      },
      {
        name: "front",
        listen: at(await freePort()),
        stable: { id: "front-1", endpoints: [at(three.port)] },
        candidate: { id: "front-2", endpoints: [at(1)] },
      },
    ],
  };
  const { target } = await startTestEdge(settings);
  await target.setShare(10);
  await writeFiles({ settings, position: { share: 20, draining: [], retired: [] } }, [FILES.routes("back")]);
  await expect
    .poll(() => target.share().catch((error: Error) => error.message), { timeout: 10_000 })
    .toContain("the services disagree about the share: back 20 %, front 10 %");
  await target.setShare(20);
  expect(await target.share()).toBe(20);
  await Promise.all([one, two, three].map((upstream) => upstream.stop()));
});

test("ids whose addresses share a prefix are distinguished", async () => {
  const [short, long] = await portsThatBeginAlike();
  const [stable, candidate] = [await startUpstream("echo-1", long), await startUpstream("echo-2", short)];
  const port = await freePort();
  const { target } = await startTestEdge({
    folder: await temporaryFolder(),
    services: [
      {
        name: "echo",
        listen: at(port),
        stable: { id: "echo-1", endpoints: [at(long)] },
        candidate: { id: "echo-2", endpoints: [at(short)] },
      },
    ],
  });
  await target.setShare(50);
  const client = new Client(port);
  const sessions = await Promise.all(Array.from({ length: 20 }, () => client.open()));
  await target.setShare(0);
  for (const { id, by } of sessions) {
    expect(await client.call(id)).toMatchObject(by === "echo-1" ? { status: 200, by } : { status: 404, by: undefined });
  }
  client.close();
  await Promise.all([stable.stop(), candidate.stop()]);
});

test("a target for other revisions than the folder's does not touch it", async () => {
  const folder = await temporaryFolder();
  const settings = {
    folder,
    services: [{ name: "echo", listen: at(8000), stable: { id: "echo-1", endpoints: [at(9001)] } }],
  };
  await createEdge(settings);
  const other = {
    folder,
    services: [{ ...settings.services[0], stable: { id: "echo-9", endpoints: [at(9009)] } }],
  } as typeof settings;
  const target = edgeTrafficController({ settings: other, admin: edge.admin, clock: systemClock });
  await expect(target.setShare(0)).rejects.toThrow("has other services or revisions");
  await expect(edgeTrafficController({ settings, admin: edge.admin, clock: systemClock }).setShare(10)).rejects.toThrow(
    "a share of 10 % needs a candidate, and no service has one",
  );
});

/** Two free ports of which the longer one begins with the shorter one. */
async function portsThatBeginAlike(): Promise<[number, number]> {
  for (;;) {
    const short = 1100 + Math.floor(Math.random() * 5400);
    for (let digit = 0; digit < 10; digit += 1) {
      const pair: [number, number] = [short, short * 10 + digit];
      const servers = await Promise.all(pair.map((port) => startUpstream("probe", port).catch(() => undefined)));
      await Promise.all(servers.map((server) => server?.stop()));
      if (servers.every(Boolean)) return pair;
    }
  }
}
