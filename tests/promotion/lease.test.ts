import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { UnwritableError } from "../../promotion/journal.ts";
import { type Holder, LEASE_MS, LeaseError, noLease, takeLease } from "../../promotion/lease.ts";
import { virtualClock } from "./fixtures.ts";

let root: string;
let folder: string;
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lease-"));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(() => {
  folder = join(root, `${++folders}`);
});

const holder = (owner: string, host = "here"): Holder => ({ owner, host, pid: process.pid });
const [anna, bert] = [holder("anna"), holder("bert", "there")];
const tickets = async () => (await readdir(folder)).filter((name) => name.endsWith(".json"));

describe("a lease that is held", () => {
  test("is refused to everyone else, with its holder, age and remaining time", async () => {
    const clock = virtualClock(1e12);
    await takeLease({ folder, holder: anna, clock });
    await clock.sleep(4000);
    const refused = expect(takeLease({ folder, holder: bert, clock })).rejects;
    await refused.toThrow(LeaseError);
    await refused.toThrow(
      `the traffic lease is held by anna (process ${process.pid} on here), taken 4 s ago; it expires in 11 s unless renewed`,
    );
  });

  test("is also refused to the process that already holds it", async () => {
    const clock = virtualClock();
    await takeLease({ folder, holder: anna, clock });
    await expect(takeLease({ folder, holder: anna, clock })).rejects.toThrow(LeaseError);
  });

  test("lasts from one renewal for its whole time, not a millisecond more", async () => {
    const clock = virtualClock();
    const lease = await takeLease({ folder, holder: anna, clock });
    await clock.sleep(LEASE_MS - 1);
    await lease.renew();
    await clock.sleep(LEASE_MS - 1);
    await expect(takeLease({ folder, holder: bert, clock })).rejects.toThrow("expires in 1 s");
    await clock.sleep(1);
    expect((await takeLease({ folder, holder: bert, clock })).note).toContain("expired 0 s ago");
  });

  test.each([
    ["another boot or PID namespace", "boot-1 pid:[1]", "boot-1 pid:[2]"],
    ["a holder that did not say", undefined, "boot-1 pid:[1]"],
  ])("counts until it expires for %s, where process numbers mean other processes", async (_, theirs, ours) => {
    const clock = virtualClock();
    await takeLease({ folder, holder: { ...anna, processes: theirs }, clock });
    const taker = { folder, holder: { ...anna, owner: "carl", processes: ours }, clock, alive: () => false };
    await expect(takeLease(taker)).rejects.toThrow(LeaseError);
    await clock.sleep(LEASE_MS);
    expect((await takeLease(taker)).note).toContain("expired 0 s ago");
  });

  test("that cannot be renewed reports that, and is not called lost", async () => {
    const lease = await takeLease({ folder, holder: anna, clock: virtualClock() });
    await rm(folder, { recursive: true });
    await expect(lease.renew()).rejects.toThrow(UnwritableError);
  });

  test("that cannot be released is left to expire, and hides no other error", async () => {
    const lease = await takeLease({ folder, holder: anna, clock: virtualClock() });
    await rm(folder, { recursive: true });
    await lease.release();
  });

  test("counts on another host even if no such process runs here", async () => {
    const clock = virtualClock();
    await takeLease({ folder, holder: bert, clock, alive: () => false });
    await expect(takeLease({ folder, holder: anna, clock, alive: () => false })).rejects.toThrow(LeaseError);
  });
});

test("a lease that cannot be written says what was tried, where, and what to do", async () => {
  await writeFile(join(root, "file"), "");
  const below = join(root, "file", "folder");
  const refused = expect(takeLease({ folder: below, holder: anna, clock: virtualClock() })).rejects;
  await refused.toThrow(UnwritableError);
  await refused.toThrow(
    /the lease in \S+file\/folder cannot be taken \(ENOTDIR.*\): make the folder writable or free some space, then run the command again/,
  );
});

describe("a lease is free", () => {
  test("when there was none, without a note", async () => {
    expect((await takeLease({ folder, holder: anna, clock: virtualClock() })).note).toBeNull();
  });

  test("when it was released, without a note", async () => {
    const clock = virtualClock();
    await (await takeLease({ folder, holder: anna, clock })).release();
    expect((await takeLease({ folder, holder: bert, clock })).note).toBeNull();
  });

  test("when it has expired, with a note that names the owner and the age", async () => {
    const clock = virtualClock();
    await takeLease({ folder, holder: bert, clock });
    await clock.sleep(LEASE_MS + 60_000);
    const { note } = await takeLease({ folder, holder: anna, clock });
    expect(note).toBe(`took over the lease of bert (process ${process.pid} on there): expired 60 s ago`);
  });

  test("when its process on this host is gone, with a note", async () => {
    const clock = virtualClock();
    await takeLease({ folder, holder: { ...anna, pid: 4711 }, clock });
    const asked: number[] = [];
    const alive = (pid: number) => asked.push(pid) === 0;
    const { note } = await takeLease({ folder, holder: holder("carl"), clock, alive });
    expect(note).toBe("took over the lease of anna (process 4711): its process is gone");
    expect(asked).toEqual([4711]);
  });
});

describe("a holder that lost its lease", () => {
  test("notices at the next renewal, and changes nothing for the new holder", async () => {
    const clock = virtualClock();
    const paused = await takeLease({ folder, holder: anna, clock });
    await clock.sleep(LEASE_MS);
    const taken = await takeLease({ folder, holder: bert, clock });
    const lost = expect(paused.renew()).rejects;
    await lost.toThrow(LeaseError);
    await lost.toThrow(/was lost: .*held by bert/);
    await paused.release(); // leaves it to its new holder
    await expect(paused.renew()).rejects.toThrow(LeaseError);
    await taken.renew();
    await taken.release();
  });

  test("does not get it back by renewing when the new holder has released it", async () => {
    const clock = virtualClock();
    const paused = await takeLease({ folder, holder: anna, clock });
    await clock.sleep(LEASE_MS);
    await (await takeLease({ folder, holder: bert, clock })).release();
    await expect(paused.renew()).rejects.toThrow(LeaseError);
    expect((await takeLease({ folder, holder: holder("carl"), clock })).note).toBeNull();
  });

  test("continues after a pause if no one took the lease", async () => {
    const clock = virtualClock();
    const paused = await takeLease({ folder, holder: anna, clock });
    await clock.sleep(10 * LEASE_MS);
    await paused.renew();
    await expect(takeLease({ folder, holder: bert, clock })).rejects.toThrow(LeaseError);
  });

  test("cannot renew it when its file is gone, but has not lost it to anyone: a lost volume is an empty folder", async () => {
    const lease = await takeLease({ folder, holder: anna, clock: virtualClock() });
    for (const name of await tickets()) rmSync(join(folder, name));
    const refused = expect(lease.renew()).rejects;
    await refused.toThrow(UnwritableError);
    await refused.toThrow(`the lease in ${folder} cannot be renewed: its file is gone`);
  });

  test("never had it if others took and released it during its read", async () => {
    const clock = virtualClock();
    await takeLease({ folder, holder: { ...anna, pid: 1 }, clock });
    const live = JSON.stringify({ ...bert, acquired: 0, expires: 1e9, released: false });
    // between carl's look and carl's own ticket, the second ticket came and went and bert holds the third
    const meanwhile = () => {
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
      writeFileSync(join(folder, "lease.3.json"), live);
      return false;
    };
    await expect(takeLease({ folder, holder: holder("carl"), clock, alive: meanwhile })).rejects.toThrow(
      /held by bert/,
    );
    expect(JSON.parse(await readFile(join(folder, "lease.3.json"), "utf8"))).toMatchObject({ owner: "bert" });
  });
});

describe("work that takes longer than a lease lasts", () => {
  test("keeps the lease renewed, and its result is returned", async () => {
    let now = 0;
    const sleeping: (() => void)[] = [];
    const sleep = (ms: number) =>
      new Promise<void>((resolve) => {
        sleeping.push(() => {
          now += ms;
          resolve();
        });
      });
    const clock = { now: () => now, sleep };
    const lease = await takeLease({ folder, holder: anna, clock });
    const { promise: drain, resolve: drained } = Promise.withResolvers<string>();
    const kept = lease.keep(drain);
    while (now < 60_000) {
      await vi.waitUntil(() => sleeping.length > 0, { interval: 1 });
      const ticket = JSON.parse(await readFile(join(folder, "lease.1.json"), "utf8"));
      expect(ticket.expires).toBe(now + LEASE_MS);
      sleeping.shift()?.();
      expect(now).toBeLessThan(ticket.expires);
    }
    drained("drained");
    expect(await kept).toBe("drained");
  });

  test("passes its error on, and then waits for nothing", async () => {
    const clock = virtualClock();
    const lease = await takeLease({ folder, holder: anna, clock });
    await expect(lease.keep(Promise.reject(new Error("disk full")))).rejects.toThrow("disk full");
    expect(clock.now()).toBe(0);
    expect(await noLease.keep(Promise.resolve(7))).toBe(7);
  });

  test("ends with a LeaseError as soon as the lease is lost", async () => {
    const clock = virtualClock();
    const lease = await takeLease({ folder, holder: anna, clock });
    const other = { ...bert, acquired: 0, expires: 1e9, released: false };
    await writeFile(join(folder, "lease.2.json"), JSON.stringify(other));
    const endless = new Promise<never>(() => {});
    await expect(lease.keep(endless)).rejects.toThrow(LeaseError);
    expect(clock.now()).toBe(LEASE_MS / 3);
  });
});

test.each(["", "{", "[]", '{"owner":"anna"}', "\0\0\0"])("a file that is not a lease is named: %j", async (content) => {
  await (await takeLease({ folder, holder: anna, clock: virtualClock() })).release();
  const [name] = await tickets();
  const path = join(folder, name as string);
  await writeFile(path, content);
  await expect(takeLease({ folder, holder: bert, clock: virtualClock() })).rejects.toThrow(
    `${path} is not a lease that this version can read; if no promotion is running, delete the file`,
  );
});

describe("of many concurrent takers", () => {
  test("exactly one gets it, round after round of expiry, and nothing but its ticket is left", async () => {
    const clock = virtualClock();
    for (let round = 1; round <= 20; round++) {
      const takers = Array.from({ length: 12 }, (_, i) => takeLease({ folder, holder: holder(`taker ${i}`), clock }));
      const results = await Promise.allSettled(takers);
      const won = results.filter(({ status }) => status === "fulfilled");
      expect(won).toHaveLength(1);
      for (const result of results) {
        if (result.status === "rejected") expect(result.reason).toBeInstanceOf(LeaseError);
      }
      expect(await readdir(folder)).toEqual([`lease.${round}.json`]);
      await clock.sleep(LEASE_MS);
    }
  });

  test("exactly one process gets it; once it is gone, the next one gets a note", async () => {
    const takers = Array.from({ length: 6 }, (_, i) => startTaker(`taker ${i}`));
    const lines = await Promise.all(takers.map(({ ready }) => ready));
    expect(lines).toEqual(takers.map(() => "ready"));
    for (const { child } of takers) child.stdin.write("go\n");
    const answers = await Promise.all(takers.map(({ answer }) => answer));
    const winner = takers[answers.indexOf("mine")] as (typeof takers)[number];
    expect(answers.filter((answer) => answer === "mine")).toHaveLength(1);
    for (const answer of answers) expect(answer).toMatch(new RegExp(`mine|held by taker \\d.*${winner.child.pid} `));
    await Promise.all(takers.map(({ end }) => end()));
    const { note } = await takeLease({ folder, holder: holder("last"), clock: { ...virtualClock(), now: Date.now } });
    expect(note).toBe(
      `took over the lease of taker ${takers.indexOf(winner)} (process ${winner.child.pid}): its process is gone`,
    );
  });
});

/** A process that waits for a line, tries to take the lease, says what came of it, and ends once all have answered. */
function startTaker(owner: string) {
  const code = `
    import { takeLease } from ${JSON.stringify(join(import.meta.dirname, "../../promotion/lease.ts"))};
    const holder = { owner: ${JSON.stringify(owner)}, host: "here", pid: process.pid };
    process.stdin.once("data", async () => {
      const taken = takeLease({ folder: ${JSON.stringify(folder)}, holder, clock: { now: Date.now, sleep: async () => {} } });
      console.log(await taken.then(() => "mine", (error) => error.message));
      process.stdin.once("end", () => process.exit());
    });
    console.log("ready");`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", code], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ready = lines.next().then(({ value }) => value as string);
  const answer = ready.then(() => lines.next()).then(({ value }) => value as string);
  const end = () => {
    child.stdin.end();
    return once(child, "exit");
  };
  return { child, ready, answer, end };
}
