import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, type TestContext } from "vitest";
import { onPath } from "../../fixtures/tools.ts";

const script = join(import.meta.dirname, "../../../images/backup/backup.sh");

/** What a run of a program came to. */
export type Ran = { code: number | null; output: string };

/** A stack's backups in a folder of their own: a repository and a vault that are folders, and the very script. */
export type Bench = {
  folder: string;
  password: string;
  environment: Record<string, string>;
  /** Runs the script to its end. Fails where a secret shows in its output, or in an argument of what it starts. */
  backup(action: string[], more?: Record<string, string>): Promise<Ran>;
  /** Starts the script and leaves it running until the test ends. */
  start(action: string[], more?: Record<string, string>): ChildProcess;
  restic(...args: string[]): Promise<Ran>;
  /** A file of series as name -> value. */
  series(store: string): Record<string, number>;
  path(...parts: string[]): string;
};

/** Someone other than root, whom permissions bind; nothing where the tests run as such a user. */
const OTHER = { uid: 65534, gid: 65534 };
export const nobody: typeof OTHER | { uid?: never; gid?: never } = process.getuid?.() === 0 ? OTHER : {};

/** `user` is who runs the script. */
export function bench({ onTestFinished }: Pick<TestContext, "onTestFinished">, user: typeof nobody = {}): Bench {
  // in memory where there is such a place: restic waits for the disk at each file
  const folder = mkdtempSync(join(onPath("df") && readable("/dev/shm") ? "/dev/shm" : tmpdir(), "backup-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = (...parts: string[]) => join(folder, ...parts);
  const password = createHash("sha256").update(folder).digest("hex");
  for (const name of ["scratch", "series", "secrets", "bin"]) mkdirSync(path(name));
  writeFileSync(path("secrets", "restic-password"), `${password}\n`);
  const environment = {
    PATH: `${path("bin")}:${process.env.PATH}`,
    HOME: folder,
    BACKUP_STACK: "mahavishnu-test",
    BACKUP_MANIFEST: JSON.stringify({ stack: "test" }),
    BACKUP_SCRATCH: path("scratch"),
    BACKUP_SERIES: path("series"),
    BACKUP_PATIENCE: "8",
    BACKUP_VAULT: path("vault"),
    BACKUP_KEEP_DAILY: "30",
    BACKUP_KEEP_WEEKLY: "12",
    BACKUP_KEEP_MONTHLY: "6",
    RESTIC_REPOSITORY: path("repository"),
    RESTIC_PASSWORD_FILE: path("secrets", "restic-password"),
  };
  for (const tool of ["restic", "rclone", "pg_dump", "pg_restore"]) recordArguments(tool, path);
  // as in a container whose root is read-only: nothing can be written but where the script says
  const readOnly = { TMPDIR: "/nowhere" };
  const restic = (...args: string[]) =>
    run("restic", args, { ...environment, RESTIC_CACHE_DIR: path("scratch", "cache") });
  return {
    folder,
    password,
    environment,
    async backup(action, more = {}) {
      if (user.uid) execFileSync("chown", ["-R", `${user.uid}:${user.gid}`, folder]);
      const ran = await run(script, action, { ...environment, ...readOnly, ...more }, user);
      for (const secret of secretsIn(path("secrets"))) {
        expect(ran.output).not.toContain(secret);
        expect(readable(path("arguments")) ? readFileSync(path("arguments"), "utf8") : "").not.toContain(secret);
      }
      return ran;
    },
    start(action, more = {}) {
      const child = spawn(script, action, {
        env: { ...environment, ...readOnly, ...more },
        stdio: ["ignore", "pipe", "pipe"],
      });
      onTestFinished(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGTERM");
        await ended;
      });
      return child;
    },
    restic,
    series: (store) =>
      Object.fromEntries(
        readFileSync(path("series", `backup-${store}.prom`), "utf8")
          .split("\n")
          .flatMap((line) => {
            const [, name, value] = /^(\w+)\{store="[a-z-]+"\} (\d+)$/.exec(line) ?? [];
            return name ? [[name.replace("mahavishnu_backup_", ""), Number(value)]] : [];
          }),
      ),
    path,
  };
}

/** A double that only writes down what it is called with, and then gives its place to the real program. */
function recordArguments(tool: string, path: Bench["path"]): void {
  const real = onPath(tool);
  if (!real) return;
  const text = `#!/bin/sh\nprintf '%s\\n' "${tool} $*" >>'${path("arguments")}'\nexec '${real}' "$@"\n`;
  writeFileSync(path("bin", tool), text);
  chmodSync(path("bin", tool), 0o755);
}

const secretsIn = (folder: string) =>
  readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8").trim());

function readable(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOTDIR";
  }
}

const run = (program: string, args: string[], env: Record<string, string>, user: typeof nobody = {}): Promise<Ran> =>
  new Promise((resolve) => {
    const child = execFile(program, args, { env, maxBuffer: 1e8, ...user }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, output: stdout + stderr }),
    );
  });

/** The files below a folder with their checksums: what a restore must bring back. */
export function checksums(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [relative(folder, file), createHash("sha256").update(readFileSync(file)).digest("hex")]),
  );
}
