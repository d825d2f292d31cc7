import { afterAll, beforeAll, expect, test } from "vitest";
import { noCounts } from "../../promotion/counts.ts";
import { deferred, type Everyday, probing, startEveryday } from "../fixtures/edge/everyday.ts";

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

/** The instance that a session's id names. */
const instanceOf = (id: string) => Buffer.from(id.split(";")[0] ?? "", "base64").toString();

test("a call that no instance could be reached for goes to another one of its revision, and counts once", async () => {
  const { client, stable, candidate } = edge;
  const sessions: string[] = [];
  for (let count = 0; count < 10; count += 1) sessions.push((await client.open()).id); // one after the other, so by turns
  const before = stable[1].seen;
  await stable[0].stop();
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.call()));
  expect(answers.map(({ status, by }) => `${status} ${by}`)).toEqual(Array(20).fill("200 echo-1"));
  expect(stable[1].seen - before).toBe(20);
  expect(candidate.seen).toBe(0);
  expect((await counts())?.stable.user).toEqual({ ...noCounts, requests: 30 });

  // A session's call is for its own instance alone: those of the stopped one are lost, none is asked of the other one.
  const lost = sessions.filter((id) => instanceOf(id) === `127.0.0.1:${stable[0].port}`);
  expect(lost).toHaveLength(5);
  const later = await Promise.all(sessions.map(async (id) => [id, (await client.call(id)).status]));
  expect(later).toEqual(sessions.map((id) => [id, lost.includes(id) ? 503 : 200]));
  expect(stable[1].seen - before).toBe(25);
  expect((await counts())?.stable.user).toEqual({ ...noCounts, requests: 40, failures: 5 });
});

test("a call to a revision without a living instance fails once, however often it was tried", async () => {
  const { client, candidate } = edge;
  await candidate.stop();
  const answers = await Promise.all(Array.from({ length: 4 }, () => client.call(undefined, probing("candidate"))));
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
