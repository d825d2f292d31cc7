import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, type TestContext, test, vi } from "vitest";
import { describeWith } from "../../fixtures/tools.ts";
import { type Bench, bench, checksums, nobody } from "./fixtures.ts";

/** A volume as a single writer leaves it: databases with their logs, a key, a log file. */
function volumeOf({ path }: Bench): string {
  const volume = path("volume");
  mkdirSync(`${volume}/.claude/data`, { recursive: true });
  const database = new DatabaseSync(`${volume}/.claude/data/reflection.db`);
  database.exec("pragma journal_mode = wal; create table reflections (text text)");
  const add = database.prepare("insert into reflections values (?)");
  for (let i = 0; i < 500; i++) add.run(`reflection ${i}`);
  database.close();
  writeFileSync(`${volume}/signer.pem`, "key", { mode: 0o600 });
  writeFileSync(`${volume}/server.log`, "started\n");
  age(volume);
  return volume;
}

/** Nothing may have been written for a moment before a copy begins: the files say that they are an hour old. */
function age(folder: string): void {
  const hourAgo = Date.now() / 1000 - 3600;
  for (const file of Object.keys(checksums(folder))) utimesSync(join(folder, file), hourAgo, hourAgo);
}

describeWith(["restic"], "backup.sh saves with a real restic", { timeout: 120_000, concurrent: true }, () => {
  test("a restore is identical byte by byte and row by row; the series report time and size", async (context) => {
    const here = bench(context);
    const volume = volumeOf(here);
    const before = Math.floor(Date.now() / 1000);
    const { code, output } = await here.backup(["save"], { BACKUP_VOLUMES: `session-buddy=${volume}` });
    expect(code, output).toBe(0);

    await here.restic("restore", "latest", "--tag", "session-buddy", "--target", here.path("back"));
    expect(checksums(here.path("back"))).toEqual(checksums(volume));
    const database = new DatabaseSync(here.path("back", ".claude/data/reflection.db"));
    expect(database.prepare("select count(*) as rows from reflections").get()).toEqual({ rows: 500 });
    await here.restic("restore", "latest", "--tag", "settings", "--target", here.path("settings"));
    expect(readFileSync(here.path("settings", "stack.json"), "utf8")).toBe('{"stack":"test"}\n');

    const { success, last_success_timestamp_seconds: at, size_bytes } = here.series("session-buddy");
    expect(success).toBe(1);
    expect(at).toBeGreaterThanOrEqual(before);
    expect(size_bytes).toBeGreaterThan(10_000);
    expect(output).toContain(
      `"message":"backup of session-buddy: mahavishnu_backup_success=1 mahavishnu_backup_last_success_timestamp_seconds=${at} mahavishnu_backup_size_bytes=${size_bytes}"`,
    );
    expect(readdirSync(here.path("scratch", "staging"))).toEqual([]);
    expect(await here.restic("list", "locks", "--no-lock")).toEqual({ code: 0, output: "" });
  });

  test("a second backup adds only changes", async (context) => {
    const here = bench(context);
    const volume = volumeOf(here);
    writeFileSync(
      `${volume}/large`,
      Buffer.alloc(3e6, 1).map((_, i) => (i * i) % 251),
    );
    const volumes = { BACKUP_VOLUMES: `session-buddy=${volume}` };
    expect((await here.backup(["save"], volumes)).code).toBe(0);
    const first = Object.keys(checksums(here.path("repository", "data"))).length;
    writeFileSync(`${volume}/new`, "new");
    age(volume);
    expect((await here.backup(["save"], volumes)).code).toBe(0);
    expect(Object.keys(checksums(here.path("repository", "data"))).length - first).toBeLessThanOrEqual(4);
    const snapshots = JSON.parse((await here.restic("snapshots", "--json")).output) as { tags: string[] }[];
    expect(snapshots.map(({ tags }) => tags[0]).sort()).toEqual([
      ...["session-buddy", "session-buddy"],
      ...["settings", "settings"],
    ]);
  });

  test("a failed store is reported, does not affect the others and keeps its last success", async (context) => {
    const here = bench(context);
    const volume = volumeOf(here);
    const volumes = { BACKUP_VOLUMES: `akosha=${here.path("nothing")} session-buddy=${volume}` };
    const both = { BACKUP_VOLUMES: `akosha=${volume} session-buddy=${volume}` };
    expect((await here.backup(["save"], both)).code).toBe(0);
    const good = here.series("akosha");
    const { code, output } = await here.backup(["save"], volumes);
    expect(code).toBe(1);
    expect(output).toContain(`${here.path("nothing")} is empty or missing`);
    expect(output).toContain(
      '"severity":"ERROR","component":"backup","message":"backup of akosha: mahavishnu_backup_success=0"',
    );
    expect(here.series("akosha")).toEqual({ ...good, success: 0 });
    expect(here.series("session-buddy").success).toBe(1);
  });

  test("a repository that cannot be opened is not re-created", async (context) => {
    const here = bench(context);
    expect((await here.backup(["save"])).code).toBe(0);
    writeFileSync(here.path("secrets", "restic-password"), "another password altogether");
    const { code, output } = await here.backup(["save"]);
    expect(code).toBe(1);
    expect(output).toMatch(/cannot open or create .*repository: .*wrong password/);
    expect(readdirSync(here.path("repository", "keys"))).toHaveLength(1);
  });

  test("only the job that backs up the settings creates the repository; the others wait for it", async (context) => {
    const here = bench(context);
    const volume = volumeOf(here);
    const waiting = here.backup(["save"], {
      BACKUP_MANIFEST: "",
      BACKUP_VOLUMES: `akosha=${volume}`,
      BACKUP_PATIENCE: "30",
    });
    expect((await here.backup(["save"])).code).toBe(0);
    expect((await waiting).code).toBe(0);
    expect(readdirSync(here.path("repository", "keys"))).toHaveLength(1);
  });
});

describeWith(
  ["restic"],
  "backup.sh copies a volume while its writer runs",
  { timeout: 120_000, concurrent: true },
  () => {
    test("the copy is consistent across files while the writer runs: it is repeated until nothing changed during it", async (context) => {
      const here = bench(context);
      const volume = volumeOf(here);
      const writer = writerOn(context, volume, "burst");
      await vi.waitUntil(() => existsSync(`${volume}/b.db`), { timeout: 10_000 });
      const { code, output } = await here.backup(["save"], {
        BACKUP_VOLUMES: `akosha=${volume}`,
        BACKUP_PATIENCE: "40",
      });
      expect(code, output).toBe(0);
      expect(writer.exitCode).toBe(null);
      await here.restic("restore", "latest", "--tag", "akosha", "--target", here.path("back"));
      const [a, b] = ["a", "b"].map((name) => {
        const database = new DatabaseSync(here.path("back", `${name}.db`));
        expect(database.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
        return database.prepare("select count(*) as rows from t").get()?.rows;
      });
      expect(a).toBeGreaterThan(0);
      expect(a).toBe(b);
    });

    test("a volume that is written to continuously has no consistent copy, and that is a failure", async (context) => {
      const here = bench(context);
      const volume = volumeOf(here);
      writerOn(context, volume, "always");
      await vi.waitUntil(() => existsSync(`${volume}/b.db`), { timeout: 10_000 });
      const { code, output } = await here.backup(["save"], {
        BACKUP_VOLUMES: `akosha=${volume}`,
        BACKUP_PATIENCE: "3",
      });
      expect(code).toBe(1);
      expect(output).toContain(`no consistent copy of ${volume} in 3 seconds: it is written to continuously`);
      expect(here.series("akosha")).toEqual({ success: 0 });
    });

    test("lost+found of a fresh disk is left out, and a file dated ahead of the clock is saved", async (context) => {
      const here = bench(context, nobody);
      const volume = volumeOf(here);
      mkdirSync(`${volume}/lost+found`, { mode: 0o000 });
      mkdirSync(`${volume}/deeper/lost+found`, { recursive: true });
      writeFileSync(`${volume}/deeper/lost+found/ours`, "kept");
      const tomorrow = Date.now() / 1000 + 86_400;
      utimesSync(`${volume}/signer.pem`, tomorrow, tomorrow);
      const { code, output } = await here.backup(["save"], { BACKUP_VOLUMES: `akosha=${volume}` });
      expect(code, output).toBe(0);
      await here.restic("restore", "latest", "--tag", "akosha", "--target", here.path("back"));
      expect(readdirSync(here.path("back")).sort()).toEqual([".claude", "deeper", "server.log", "signer.pem"]);
      expect(checksums(here.path("back"))).toEqual(checksums(volume));
    });

    test.for([
      ["file", (volume: string) => chmodSync(`${volume}/signer.pem`, 0o000), "cannot copy"],
      ["folder", (volume: string) => chmodSync(`${volume}/.claude`, 0o000), "cannot read"],
    ] as const)(
      "a %s that cannot be read fails the copy at once, in its own words",
      async ([, lock, words], context) => {
        const here = bench(context, nobody);
        const volume = volumeOf(here);
        lock(volume);
        const { code, output } = await here.backup(["save"], {
          BACKUP_VOLUMES: `akosha=${volume}`,
          BACKUP_PATIENCE: "1000",
        });
        expect(code).toBe(1);
        expect(output).toMatch(new RegExp(`${words} ${volume}: .*Permission denied`));
      },
    );

    test("in a cluster the copy is made beside the writer and handed over", async (context) => {
      const here = bench(context);
      const volume = volumeOf(here);
      mkdirSync(here.path("handover"));
      const handed = { BACKUP_HANDOVER: here.path("handover"), BACKUP_VOLUMES: `session-buddy=${volume}` };
      here.start(["serve"], { ...handed, RESTIC_PASSWORD_FILE: "", RESTIC_REPOSITORY: "" });
      const job = { ...handed, BACKUP_VOLUMES: "session-buddy=/not/here" };
      const { code, output } = await here.backup(["save"], job);
      expect(code, output).toBe(0);
      await here.restic("restore", "latest", "--tag", "session-buddy", "--target", here.path("back"));
      expect(checksums(here.path("back"))).toEqual(checksums(volume));
      // nothing of it stays behind, and what fails there fails here
      expect(readdirSync(here.path("handover"))).toEqual(["answer"]);
      rmSync(volume, { recursive: true });
      const second = await here.backup(["save"], job);
      expect(second.code).toBe(1);
      expect(second.output).toContain(`the copy of session-buddy failed: ${volume} is empty or missing`);
    });

    test("without a response from the writer's sidecar, the job fails instead of backing up what it finds", async (context) => {
      const here = bench(context);
      mkdirSync(here.path("handover", "copy"), { recursive: true });
      writeFileSync(here.path("handover", "answer"), "1700000000-1 done\n");
      const environment = { BACKUP_HANDOVER: here.path("handover"), BACKUP_VOLUMES: "akosha=/x", BACKUP_PATIENCE: "1" };
      const { code, output } = await here.backup(["save"], environment);
      expect(code).toBe(1);
      expect(output).toContain("the sidecar of the writer of akosha did not respond");
    });
  },
);

describeWith(["restic"], "backup.sh in front of a lock", { timeout: 120_000, concurrent: true }, () => {
  const tries = (here: Bench, command: string) =>
    readFileSync(here.path("arguments"), "utf8").split(`restic ${command} `).length - 1;

  test("the check waits for a backup at work, and runs when that has ended", async (context) => {
    const here = bench(context);
    expect((await here.backup(["save"])).code).toBe(0);
    const atWork = await holdLock(context, here);
    const checked = here.backup(["check"], { BACKUP_PATIENCE: "30" });
    await vi.waitUntil(() => tries(here, "check") > 1, { timeout: 40_000 });
    atWork.stdin.end("saved");
    const { code, output } = await checked;
    expect(code, output).toBe(0);
    expect(output).toContain("restic check waits for a lock: ");
    expect(here.series("check").success).toBe(1);
  });

  test("the lock of a container that was killed is waited for, within a limit", async (context) => {
    const here = bench(context);
    expect((await here.backup(["save"])).code).toBe(0);
    const held = await holdLock(context, here);
    const { code, output } = await here.backup(["check"], { BACKUP_PATIENCE: "4" });
    expect(code).toBe(1);
    expect(output).toMatch(/restic check: still locked after 8 seconds: .*already locked by PID/);
    expect(tries(here, "check")).toBeGreaterThan(1);
    expect(tries(here, "unlock")).toBeGreaterThan(1);
    held.kill("SIGKILL");
  });
});

describeWith(["restic"], "backup.sh when it is stopped or killed", { timeout: 120_000, concurrent: true }, () => {
  test("on SIGTERM it stops its children, reports the failure and leaves no lock", async (context) => {
    const here = bench(context);
    expect((await here.backup(["save"])).code).toBe(0);
    const child = here.start(["save"], { BACKUP_VOLUMES: `akosha=${slowVolume(context, here)}` });
    await vi.waitUntil(() => existsSync(here.path("scratch", "staging", "akosha")), { timeout: 20_000 });
    const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
    child.kill("SIGTERM");
    expect(await ended).toBe(143);
    expect(here.series("akosha")).toEqual({ success: 0 });
    expect(readdirSync(here.path("scratch", "staging"))).toEqual([]);
    expect(await here.restic("list", "locks", "--no-lock")).toEqual({ code: 0, output: "" });
  });

  test("the lock of a killed run is removed by the next one", async (context) => {
    const here = bench(context);
    expect((await here.backup(["save"])).code).toBe(0);
    const killed = await holdLock(context, here);
    killed.kill("SIGKILL");
    await new Promise((resolve) => killed.once("exit", resolve));
    expect((await here.backup(["save"])).code).toBe(0);
    expect(readdirSync(here.path("repository", "locks"))).toEqual([]);
  });
});

test("an unknown action is refused, and the known ones are listed", async (context) => {
  const { code, output } = await bench(context).backup(["restore"]);
  expect(code).toBe(1);
  expect(output).toContain(
    "backup.sh restore: unknown action. Actions: save, check, vault, serve, schedule HH:MM ACTION",
  );
});

/** A backup that waits for its input and holds its lock meanwhile. */
async function holdLock({ onTestFinished }: TestContext, here: Bench) {
  const child = spawn("restic", ["backup", "--stdin"], { env: here.environment, stdio: ["pipe", "ignore", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await vi.waitUntil(() => readdirSync(here.path("repository", "locks")).length > 0, { timeout: 20_000 });
  return child;
}

/** A volume that is never still, so that whoever copies it goes on trying. */
function slowVolume(context: TestContext, here: Bench): string {
  const volume = volumeOf(here);
  writerOn(context, volume, "always");
  return volume;
}

/**
 * A single writer with two databases that it always changes together: rows in the one without the other are a torn copy.
 * It writes in bursts with quiet times between them, or all the time.
 */
function writerOn({ onTestFinished }: TestContext, volume: string, how: "burst" | "always") {
  const code = `
    const { DatabaseSync } = require("node:sqlite");
    const [a, b] = ["a", "b"].map((name) => new DatabaseSync(process.argv[1] + "/" + name + ".db"));
    for (const one of [a, b]) one.exec("pragma journal_mode = wal; create table if not exists t (n)");
    const add = () => { for (const one of [a, b]) one.exec("insert into t values (1)"); };
    const started = Date.now();
    setInterval(() => { if (${how === "always"} || (Date.now() - started) % 5000 < 1500) add(); }, 50);
  `;
  const child = spawn(process.execPath, ["-e", code, volume], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
