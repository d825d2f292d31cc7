import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeWith } from "../../fixtures/tools.ts";
import { bench, checksums } from "./fixtures.ts";

const month = () => new Date().toISOString().slice(0, 7);

describeWith(["restic", "rclone"], "backup.sh copies into a vault", { timeout: 120_000, concurrent: true }, () => {
  test("each copy is a separate repository, and its objects are never replaced", async (context) => {
    const here = bench(context);
    expect((await here.backup(["save"])).code).toBe(0);
    // the copier reads no password
    const copier = { RESTIC_PASSWORD_FILE: "" };
    const first = await here.backup(["vault"], copier);
    expect(first.code, first.output).toBe(0);
    const copy = here.path("vault", month());
    const { locks, ...copied } = Object.fromEntries(
      readdirSync(copy).map((part) => [part, part === "config" ? "" : checksums(`${copy}/${part}`)]),
    );
    expect(locks).toBe(undefined);
    expect(Object.keys(copied).sort()).toEqual(["config", "data", "index", "keys", "snapshots"]);
    await here.restic("-r", copy, "--no-lock", "restore", "latest", "--target", here.path("back"));
    expect(Object.keys(checksums(here.path("back")))).toEqual(["stack.json"]);

    // somebody spoils the repository: the vault takes what is new and keeps what it has
    const before = checksums(copy);
    const [victim = ""] = Object.keys(checksums(here.path("repository", "snapshots")));
    expect((await here.backup(["save"])).code).toBe(0);
    writeFileSync(here.path("repository", "snapshots", victim), "spoilt", { mode: 0o600, flag: "r+" });
    expect((await here.backup(["vault"], copier)).code).toBe(0);
    const after = checksums(copy);
    expect(after).toMatchObject(before);
    expect(Object.keys(after).length).toBeGreaterThan(Object.keys(before).length);
    expect((await here.restic("-r", copy, "--no-lock", "check")).code).toBe(0);
    expect(here.series("vault").success).toBe(1);
  });

  test("in a folder, expired months are deleted, and nothing else", async (context) => {
    const here = bench(context);
    expect((await here.backup(["save"])).code).toBe(0);
    const others = ["2020-01", "2020-02", "2020-1", "notes"];
    for (const name of others) mkdirSync(here.path("vault", name), { recursive: true });
    expect((await here.backup(["vault"], { BACKUP_KEEP_MONTHLY: "1" })).code).toBe(0);
    expect(readdirSync(here.path("vault")).sort()).toEqual(["2020-02", "2020-1", month(), "notes"].sort());
  });

  test("an empty repository is nothing to copy", async (context) => {
    const here = bench(context);
    await here.restic("init");
    const { code, output } = await here.backup(["vault"]);
    expect(code).toBe(1);
    expect(output).toContain("contains no snapshots");
    expect(here.series("vault")).toEqual({ success: 0 });
    expect(existsSync(here.path("vault"))).toBe(false);
  });
});
