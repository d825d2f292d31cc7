import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { lockFiles } from "../../../policies/evidence/audit.ts";
import { scan } from "../../../policies/evidence/scanner.ts";
import { describeWith } from "../../fixtures/tools.ts";
import { project } from "../project.ts";

const root = join(import.meta.dirname, "../../..");

describeWith(["osv-scanner", "python3"], "osv-scanner itself, on our lock files and a database of its own", {}, () => {
  let databases: string;
  beforeAll(() => {
    databases = mkdtempSync(join(tmpdir(), "maha-osv-"));
    database("PyPI", [
      advisory("TEST-2", "PyPI", "aiohttp", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
      advisory("TEST-3", "PyPI", "attrs"),
    ]);
    database("npm", [advisory("TEST-1", "npm", "zod", "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N")]);
  });
  afterAll(() => rmSync(databases, { recursive: true, force: true }));
  afterEach(() => vi.unstubAllEnvs());

  const database = (ecosystem: string, advisories: object[]) => {
    const folder = join(databases, "osv-scalibr", ecosystem);
    mkdirSync(folder, { recursive: true });
    const script = `import json,sys,zipfile\nwith zipfile.ZipFile(sys.argv[1],"w") as z:\n  for a in json.loads(sys.argv[2]): z.writestr(a["id"]+".json",json.dumps(a))`;
    execFileSync("python3", ["-c", script, join(folder, "all.zip"), JSON.stringify(advisories)]);
  };
  const advisory = (id: string, ecosystem: string, name: string, score?: string) => ({
    ...{
      schema_version: "1.6.0",
      id,
      modified: "2026-01-01T00:00:00Z",
      published: "2026-01-01T00:00:00Z",
      summary: "x",
      details: "y",
    },
    ...(score && { severity: [{ type: "CVSS_V3", score }] }),
    affected: [
      {
        package: { ecosystem, name },
        ranges: [
          { type: ecosystem === "npm" ? "SEMVER" : "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "9999.0.0" }] },
        ],
      },
    ],
  });

  test("finds known vulnerabilities, rated by CVSS score, and counts every package", { timeout: 60_000 }, async () => {
    vi.stubEnv("OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY", databases);
    const { packages, vulnerabilities, locks, scanner } = await scan(root, lockFiles, { offline: true });
    expect(packages).toBeGreaterThan(1000);
    expect(Object.keys(locks)).toEqual(lockFiles);
    expect(scanner).toMatch(/^osv-scanner version: 2\./);
    const ids = new Set(vulnerabilities.map(({ id, severity }) => `${id} ${severity}`));
    expect(ids).toEqual(new Set(["TEST-1 low", "TEST-2 critical", "TEST-3 unrated"]));
  });

  test("is refused without a database, whatever its exit code may look like", async () => {
    const empty = join(databases, "empty");
    mkdirSync(empty);
    vi.stubEnv("OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY", empty);
    await expect(scan(root, lockFiles, { offline: true })).rejects.toThrow("nothing was audited");
  });

  test("is refused if a lock file lists no packages", async () => {
    const folder = mkdtempSync(join(tmpdir(), "maha-locks-"));
    cpSync(join(root, "package-lock.json"), join(folder, "package-lock.json"));
    execFileSync("sh", ["-c", "echo '# nothing' > requirements.lock"], { cwd: folder });
    vi.stubEnv("OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY", databases);
    await expect(scan(folder, ["requirements.lock", "package-lock.json"], { offline: true })).rejects.toThrow(
      "requirements.lock",
    );
    rmSync(folder, { recursive: true, force: true });
  });
});

test("without a scanner nothing is audited, and the error says what to install", async () => {
  vi.stubEnv("PATH", "/nowhere");
  await expect(scan(root, lockFiles, { offline: true })).rejects.toThrow(
    "osv-scanner (https://google.github.io/osv-scanner) must be on PATH",
  );
  vi.unstubAllEnvs();
});

test.each([
  ["another tool's words", 'console.log("all good")', "is not a version 2 report"],
  [
    "a scan of nothing",
    "console.log(JSON.stringify({ results: [] }))",
    "found no packages in images/session-buddy/requirements.lock",
  ],
  ["a scanner that fails", "process.exit(3)", "exited with 3"],
])("%s is no audit", async (_, script, words) => {
  const { tool, folder } = await project();
  await tool("osv-scanner", script);
  vi.stubEnv("PATH", join(folder, "bin"));
  await expect(scan(root, lockFiles, { offline: false })).rejects.toThrow(words);
  vi.unstubAllEnvs();
});
