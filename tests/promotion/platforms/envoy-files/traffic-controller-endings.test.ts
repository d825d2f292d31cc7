import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { edgePaths } from "../../../../edge/paths.ts";
import { systemClock } from "../../../../promotion/clock.ts";
import { type Admin, adminSocket } from "../../../../promotion/platforms/envoy-files/admin.ts";
import { readEdge } from "../../../../promotion/platforms/envoy-files/folder.ts";
import { createEdge } from "../../../../promotion/platforms/envoy-files/inforce.ts";
import { edgeTrafficController } from "../../../../promotion/platforms/envoy-files/traffic-controller.ts";
import type { TrafficController } from "../../../../promotion/traffic-controller.ts";
import { freePort } from "../../../../rehearsal/port.ts";
import { Client } from "../../../fixtures/edge/client.ts";
import { at, type Everyday, probing, startEveryday } from "../../../fixtures/edge/everyday.ts";
import { startUpstream } from "../../../fixtures/edge/upstream.ts";
import { startTestEdge, temporaryFolder } from "../../../fixtures/envoy.ts";

test("a drain waits for open calls and streams, up to its limit; sessions continue meanwhile", async () => {
  const { client, target, stable } = await startEveryday();
  const session = await client.open();
  const stream = await client.stream(session.id);
  const call = client.call(session.id, { "x-do": "hold" });
  await expect.poll(() => stable[0].seen + stable[1].seen, { timeout: 10_000 }).toBe(3);
  await target.setShare(100);

  expect(await target.drain("stable", 300)).toMatchObject({ ended: "limit", openRequests: 2 });
  expect(stream.isOpen()).toBe(true);
  expect(await client.call(session.id)).toMatchObject({ status: 200, by: "echo-1" });
  expect(await client.open()).toMatchObject({ by: "echo-2" });
  expect(await client.call(undefined, probing("stable"))).toMatchObject({ status: 404, by: undefined }); // nothing new begins there

  for (const upstream of stable) upstream.release();
  expect(await call).toMatchObject({ status: 200, by: "echo-1" });
  expect(await target.drain("stable", 300)).toMatchObject({ ended: "limit", openRequests: 1 });
  expect(stream.isOpen()).toBe(true);
  stream.close();
  const { ended, seconds, openRequests } = await target.drain("stable", 15_000);
  expect({ ended, openRequests }).toEqual({ ended: "quiet", openRequests: 0 });
  expect(seconds).toBeGreaterThanOrEqual(2);

  await target.setShare(50); // whoever gets traffic again no longer drains
  expect(await client.call(undefined, probing("stable"))).toMatchObject({ status: 200, by: "echo-1" });
});

test("a retired stable leaves the candidate alone with everything", async () => {
  const { client, settings, target } = await startEveryday();
  const { root, xds } = edgePaths(settings.folder);
  await writeFile(join(root, "notes.txt"), "somebody else's");
  await writeFile(join(xds, "eds-other.json"), "{}");
  const session = await client.open();
  await target.setShare(100);
  await target.retire("stable");
  await target.retire("stable");

  expect(await target.share()).toBe(100);
  expect(await client.call(session.id)).toMatchObject({ status: 404, by: undefined });
  expect(await client.open()).toMatchObject({ by: "echo-2" });
  expect(await client.call(undefined, probing("stable"))).toMatchObject({ status: 404, by: undefined });
  expect((await readdir(xds)).sort()).toEqual(["cds.json", "eds-echo-2.json", "lds.json", "rds-echo.json"]);
  expect(await readFile(join(root, "notes.txt"), "utf8")).toBe("somebody else's");
  await target.setShare(100);
  await expect(target.setShare(0)).rejects.toThrow("a share of 0 % needs echo-1, which the edge no longer serves");
  expect(await target.drain("stable", 0)).toMatchObject({ openRequests: 0 });
});

test("a service with nothing on evidence is not part of it", async () => {
  const [evidence, alone] = [await startUpstream("evidence-2"), await startUpstream("alone-1")];
  onTestFinished(async () => {
    await Promise.all([evidence.stop(), alone.stop()]);
  });
  const settings = {
    folder: await temporaryFolder(),
    services: [
      {
        name: "evidence",
        listen: at(await freePort()),
        stable: { id: "evidence-1", endpoints: [at(1)] },
        candidate: { id: "evidence-2", endpoints: [at(evidence.port)] },
      },
      { name: "alone", listen: at(await freePort()), stable: { id: "alone-1", endpoints: [at(alone.port)] } },
    ],
  };
  const { target } = await startTestEdge(settings);
  const [withCandidate, notOnTrial] = settings.services.map(({ listen }) => new Client(listen.port)) as [
    Client,
    Client,
  ];
  const session = await notOnTrial.open();
  await target.setShare(100);
  expect(await target.share()).toBe(100);
  await target.drain("stable", 0);
  await target.retire("stable");
  expect(await withCandidate.open()).toMatchObject({ by: "evidence-2" });
  expect(await notOnTrial.open()).toMatchObject({ by: "alone-1" });
  expect(await notOnTrial.call(session.id)).toMatchObject({ status: 200, by: "alone-1" });
  withCandidate.close();
  notOnTrial.close();
});

test("a retired candidate leaves stable alone, and its calls in flight complete", async () => {
  const { client, target, candidate } = await startEveryday();
  await target.setShare(50);
  const stable = await client.open(probing("stable"));
  const flying = client.call(undefined, { ...probing("candidate"), "x-do": "hold" });
  await expect.poll(() => candidate.seen, { timeout: 10_000 }).toBe(1);
  await expect(target.retire("candidate")).rejects.toThrow(
    "candidate still takes new sessions (the share is 50 %), so it cannot be retired; set the share to 0 % first",
  );
  await target.setShare(0);
  await target.retire("candidate");

  candidate.release();
  expect(await flying).toMatchObject({ status: 200, by: "echo-2" });
  expect(await target.share()).toBe(0);
  expect(await client.call(stable.id)).toMatchObject({ status: 200, by: "echo-1" });
  expect(await client.call(undefined, probing("candidate"))).toMatchObject({ status: 404 });
});

test("a restart of Envoy keeps the share and every session", async () => {
  const edge = await startEveryday();
  await edge.target.setShare(50);
  const sessions = await Promise.all(Array.from({ length: 20 }, () => edge.client.open()));
  const before = await edge.source.poll();
  await edge.envoy.stop();
  await edge.start();

  const { settings } = await readEdge(edge.settings.folder); // as a process does that knows nothing but the folder
  const admin = adminSocket(edgePaths(settings.folder).admin);
  expect(await edgeTrafficController({ settings, admin, clock: systemClock }).share()).toBe(50);
  for (const { id, by } of sessions) expect(await edge.client.call(id)).toMatchObject({ status: 200, by });
  const after = await edge.source.poll();
  expect([before.silent, after.silent]).toEqual([false, false]);
  if (!before.silent && !after.silent) expect(after.since).not.toBe(before.since);
});

test("a killed Envoy is reported, and applies pending changes once it is back", async () => {
  const edge = await startEveryday();
  const { admin } = edgePaths(edge.settings.folder);
  await edge.target.setShare(25);
  process.kill(edge.envoy.pid, "SIGKILL");
  await edge.envoy.exited;

  expect(await edge.source.poll()).toEqual({ silent: true, why: expect.stringContaining(`${admin} did not answer`) });
  await expect(edge.target.share()).rejects.toThrow(/did not answer \/config_dump.*Is the edge running\?/);
  const impatient = edgeTrafficController({ ...edge, clock: hurried() });
  await expect(impatient.setShare(0)).rejects.toThrow(
    /did not apply the endpoints: wanted .*echo-1.*, in force .*did not answer/,
  );
  await edge.start();
  await edge.target.setShare(0);
  expect(await edge.target.share()).toBe(0);
});

test.each<[string, number, number, (target: TrafficController) => Promise<unknown>]>([
  ["setShare", 10, 0, (target) => target.setShare(0)],
  ["drain", 100, 100, (target) => target.drain("stable", 0)],
  ["retire", 100, 100, (target) => target.retire("stable")],
])("%s, killed at any question to Envoy, is finished by the next run", async (name, from, to, verb) => {
  const edge = await startEveryday();
  for (let survived = 0, isKilled = true; isKilled; survived += 1) {
    await createEdge(edge.settings);
    await edge.target.setShare(from);
    isKilled = await dyingAt(survived, edge, verb);
    await verb(edgeTrafficController({ ...edge, clock: systemClock }));
    expect(await edge.target.share()).toBe(to);
    expect((await readEdge(edge.settings.folder)).position).toEqual({
      share: to,
      draining: name === "drain" ? ["echo-1"] : [],
      retired: name === "retire" ? ["echo-1"] : [],
    });
    expect((await edge.client.open()).by).toBe(to === 0 ? "echo-1" : "echo-2");
    expect((await edge.client.call(undefined, probing("stable"))).status).toBe(
      { setShare: 200, drain: 404, retire: 404 }[name],
    );
  }
});

/** Runs a verb in a process that is killed at its question number `survived` to Envoy; false when it came to its end before. */
function dyingAt(
  survived: number,
  edge: Everyday,
  verb: (target: TrafficController) => Promise<unknown>,
): Promise<boolean> {
  const killed = Promise.withResolvers<boolean>();
  let asked = 0;
  const admin: Admin = {
    get: (path) => {
      if (asked++ < survived) return edge.admin.get(path);
      killed.resolve(true);
      return new Promise(() => {}); // the dead neither go on nor fail
    },
  };
  const target = edgeTrafficController({ ...edge, admin, clock: systemClock });
  return Promise.race([killed.promise, verb(target).then(() => false)]);
}

/** A clock on which every look takes a second. */
function hurried() {
  let now = 0;
  return {
    now() {
      now += 1000;
      return now;
    },
    sleep: async () => {},
  };
}
