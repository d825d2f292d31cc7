import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { EvidenceError } from "./evidence.ts";

export type Severity = "critical" | "high" | "medium" | "low" | "unrated";
export type Vulnerability = { id: string; severity: Severity; where: string };

/** The result of scanning lock files. */
export type Scan = {
  scanner: string;
  packages: number;
  /** The digest of each lock file's content. */
  locks: Record<string, string>;
  vulnerabilities: Vulnerability[];
};

const TOOL = "osv-scanner";
const INSTALL = `${TOOL} (https://google.github.io/osv-scanner) must be on PATH`;

/**
 * Scans lock files for packages with known vulnerabilities, with osv-scanner: one database covers npm and PyPI.
 * `offline` uses the copy of the database on this machine. Throws an EvidenceError if a lock file was not scanned: a scan
 * that saw nothing must not look like one that found nothing.
 */
export async function scan(root: string, locks: readonly string[], { offline }: { offline: boolean }): Promise<Scan> {
  const format = (lock: string) => (lock.endsWith(".lock") ? `requirements.txt:${lock}` : lock);
  const printed = await run(root, [
    ...["scan", "source", "--format", "json", "--all-packages", "--no-resolve"],
    ...(offline ? ["--offline"] : []),
    ...locks.flatMap((lock) => ["--lockfile", format(lock)]),
  ]);
  const results = parsed(printed);
  for (const lock of locks) {
    if (!results.some(({ source, packages }) => source.path.endsWith(lock) && packages.length > 0)) {
      throw new EvidenceError(`${TOOL} found no packages in ${lock}, so it was not audited`);
    }
  }
  return {
    scanner: (await run(root, ["--version"])).split("\n")[0]?.trim() ?? TOOL,
    packages: results.reduce((sum, { packages }) => sum + packages.length, 0),
    locks: Object.fromEntries(locks.map((lock) => [lock, digestOf(join(root, lock))])),
    vulnerabilities: results.flatMap(({ source, packages }) =>
      packages.flatMap(({ package: found, groups }) =>
        groups.map(({ ids, max_severity }) => ({
          id: ids[0] ?? "unnamed",
          severity: severityOf(max_severity),
          where: `${found.name} ${found.version} in ${locks.find((lock) => source.path.endsWith(lock)) ?? "a lock file"}`,
        })),
      ),
    ),
  };
}

/** The bands of CVSS. */
function severityOf(score: string): Severity {
  const rated = Number(score);
  if (score === "" || Number.isNaN(rated)) return "unrated";
  return rated >= 9 ? "critical" : rated >= 7 ? "high" : rated >= 4 ? "medium" : "low";
}

const output = z.object({
  results: z.array(
    z.object({
      source: z.object({ path: z.string() }),
      packages: z.array(
        z.object({
          package: z.object({ name: z.string(), version: z.string() }),
          groups: z.array(z.object({ ids: z.array(z.string()), max_severity: z.string().default("") })).default([]),
        }),
      ),
    }),
  ),
});

function parsed(text: string): z.infer<typeof output>["results"] {
  try {
    return output.parse(JSON.parse(text)).results;
  } catch {
    throw new EvidenceError(`nothing was audited: the output of ${TOOL} is not a version 2 report`);
  }
}

/** The scanner exits with 0, or with 1 if it found something; any other code means that the scan did not happen. */
function run(root: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(TOOL, args, { cwd: root, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error || error.code === (1 as unknown)) return resolve(stdout);
      if (error.code === "ENOENT") return reject(new EvidenceError(`nothing was audited: ${INSTALL}`));
      const last = stderr.trim().split("\n").at(-1) ?? "";
      reject(new EvidenceError(`nothing was audited: ${TOOL} exited with ${error.code}: ${last}`));
    });
  });
}

const digestOf = (path: string): string => `sha256:${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
