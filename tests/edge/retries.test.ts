import { afterAll, beforeAll, expect, test } from "vitest";
import { noCounts } from "../../promotion/counts.ts";
import { deferred, type Everyday, startEveryday } from "../support/edge/everyday.ts";

const { defer, cleanUp } = deferred();
let edge: Everyday;
beforeAll(async () => {
  edge = await startEveryday(defer);
});
afterAll(cleanUp);

const counts = async () => {
  const seen = await edge.source.poll();
  if (seen.silent) throw new Error(seen.why);
  return seen.services.echo;
};

test("a call that no instance could be reached for goes to another one of its revision, and counts once", async () => {
  const { client, stable, candidate } = edge;
  const sessions = await Promise.all(Array.from({ length: 10 }, () => client.open()));
  const before = stable[1].seen;
  await stable[0].stop();
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.call()));
  expect(answers.map(({ status, by }) => `${status} ${by}`)).toEqual(Array(20).fill("200 echo-1"));
  expect(stable[1].seen - before).toBe(20);
  expect(candidate.seen).toBe(0);
  expect((await counts())?.stable.user).toEqual({ ...noCounts, requests: 30 });

  // A session's call waits for its own instance alone: half of them are lost, none is asked of the other instance.
  const later = await Promise.all(sessions.map(({ id }) => client.call(id)));
  expect(later.map(({ status }) => status).sort()).toEqual([...Array(5).fill(200), ...Array(5).fill(503)]);
  expect(stable[1].seen - before).toBe(25);
  expect((await counts())?.stable.user).toEqual({ ...noCounts, requests: 40, failures: 5 });
});

test("a call to a revision without a living instance fails once, however often it was tried", async () => {
  const { client, candidate } = edge;
  await candidate.stop();
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => client.call(undefined, { "x-revision": "candidate" })),
  );
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
  expect((await counts())?.candidate.probe).toEqual({ ...noCounts, requests: 4, failures: 4 });
});

test("a failure that an instance answered, or broke off, is not tried again", async () => {
  const { client, stable } = edge;
  const before = stable[1].seen;
  expect((await client.call(undefined, { "x-do": "status:503" })).status).toBe(503);
  expect((await client.call(undefined, { "x-do": "reset" })).status).toBe(503);
  expect(stable[1].seen - before).toBe(2);
});
