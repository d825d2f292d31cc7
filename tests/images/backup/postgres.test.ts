import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeWith } from "../../fixtures/tools.ts";
import { type Bench, bench, nobody } from "./fixtures.ts";

const PASSWORD = "B5rL0pQ2vXw8mN4tYk7hJd3s";

describeWith(
  ["restic", "initdb", "postgres", "psql", "pg_dump"],
  "backup.sh dumps a real PostgreSQL",
  { timeout: 120_000 },
  () => {
    let folder: string;
    let server: ChildProcess;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "pg-"));
      // PostgreSQL refuses to run as root
      if (nobody.uid !== undefined) chownSync(folder, nobody.uid, nobody.gid);
      const data = join(folder, "data");
      execFileSync("initdb", ["-D", data, "-U", "postgres", "--auth-local=trust", "--no-sync", "-E", "UTF8"], {
        ...nobody,
        cwd: folder,
        stdio: "ignore",
      });
      const settings = ["-c", "listen_addresses=", "-c", `unix_socket_directories=${folder}`, "-c", "fsync=off"];
      server = spawn("postgres", ["-D", data, ...settings], { ...nobody, cwd: folder, stdio: "ignore" });
      await vi.waitUntil(() => answers("select 1"), { timeout: 30_000, interval: 200 });
      for (const name of ["mahavishnu", "akosha"]) {
        sql(`create role ${name} login password '${PASSWORD}'`);
        sql(`create database ${name} owner ${name}`);
      }
      sql(
        "create table work (n int, what text); insert into work select n, 'task ' || n from generate_series(1, 1234) n",
        "mahavishnu",
        "mahavishnu",
      );
      sql("create table vectors (n int); insert into vectors select generate_series(1, 77)", "akosha", "akosha");
      // from here on only who knows its password comes in
      writeFileSync(join(data, "pg_hba.conf"), "local all postgres trust\nlocal all all scram-sha-256\n");
      sql("select pg_reload_conf()");
    }, 60_000);

    afterAll(async () => {
      const ended = new Promise((resolve) => server?.once("exit", resolve));
      server?.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    });

    const psql = (database: string, user: string, query: string) =>
      execFileSync("psql", ["-h", folder, "-U", user, "-d", database, "-Atqc", query], {
        encoding: "utf8",
        stdio: "pipe",
      }).trim();
    const sql = (query: string, database = "postgres", user = "postgres") => psql(database, user, query);
    const answers = (query: string) => {
      try {
        return sql(query) === "1";
      } catch {
        return false;
      }
    };

    function databases({ path }: Bench, passwords: Record<string, string>): Record<string, string> {
      for (const [name, password] of Object.entries(passwords)) writeFileSync(path("secrets", name), `${password}\n`);
      const entries = Object.keys(passwords).map((name) => `${name}=${path("secrets", name)}`);
      return { BACKUP_DATABASES: entries.join(" "), PGHOST: folder, PGSSLMODE: "disable" };
    }

    test("each database comes back with all its rows, and belongs to its role", async (context) => {
      const here = bench(context);
      const { code, output } = await here.backup(["save"], databases(here, { mahavishnu: PASSWORD, akosha: PASSWORD }));
      expect(code, output).toBe(0);
      for (const [name, table, rows] of [
        ["mahavishnu", "work", "1234"],
        ["akosha", "vectors", "77"],
      ] as const) {
        mkdirSync(here.path("back"), { recursive: true });
        await here.restic("restore", "latest", "--tag", `${name}-database`, "--target", here.path("back"));
        sql(`create database ${name}_back`);
        execFileSync("pg_restore", [
          "-h",
          folder,
          "-U",
          "postgres",
          "-d",
          `${name}_back`,
          here.path("back", `${name}.dump`),
        ]);
        expect(sql(`select count(*) from ${table}`, `${name}_back`)).toBe(rows);
        expect(sql(`select tableowner from pg_tables where tablename = '${table}'`, `${name}_back`)).toBe(name);
        expect(here.series(`${name}-database`).success).toBe(1);
      }
    });

    test("a database that rejects the password fails on its own, and is not backed up", async (context) => {
      const here = bench(context);
      const { code, output } = await here.backup(
        ["save"],
        databases(here, { mahavishnu: "WrongWrongWrongWrongWrong1", akosha: PASSWORD }),
      );
      expect(code).toBe(1);
      expect(output).toContain("password authentication failed");
      expect(here.series("mahavishnu-database")).toEqual({ success: 0 });
      expect(here.series("akosha-database").success).toBe(1);
      const { output: snapshots } = await here.restic("snapshots", "--json", "--tag", "mahavishnu-database");
      expect(JSON.parse(snapshots)).toEqual([]);
    });
  },
);

test("a server that is newer than pg_dump is refused with both versions", async (context) => {
  const here = bench(context);
  // what pg_dump 17 prints in front of PostgreSQL 18
  const said = [
    "pg_dump: error: aborting because of server version mismatch",
    "pg_dump: detail: server version: 18.1 (Debian 18.1-2); pg_dump version: 17.6 (Debian 17.6-0+deb13u1)",
  ].join("\n");
  const double = `case $1 in --version) echo 'pg_dump (PostgreSQL) 17.6' ;; *) echo '${said}' >&2; exit 1 ;; esac`;
  writeFileSync(here.path("bin", "pg_dump"), `#!/bin/sh\n${double}\n`, { mode: 0o755 });
  writeFileSync(here.path("secrets", "akosha"), `${PASSWORD}\n`);
  const { code, output } = await here.backup(["save"], {
    BACKUP_MANIFEST: "",
    BACKUP_DATABASES: `akosha=${here.path("secrets", "akosha")}`,
  });
  expect(code).toBe(1);
  expect(output).toContain(
    "akosha-database: the server is PostgreSQL 18, newer than this image's pg_dump: pg_dump (PostgreSQL) 17.6.",
  );
  expect(here.series("akosha-database")).toEqual({ success: 0 });
});
