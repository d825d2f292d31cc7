import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../ecosystem/json.ts";
import { checkEvidence, type Evidence, EvidenceError } from "./evidence.ts";
import { type EvidenceKind, kindNames } from "./kinds.ts";

/** A file of evidence in a release's folder. */
export type Filed = {
  /** `releases/prod/r1.evidence/smoke-akosha.json` */
  file: string;
  /** The stack and the release whose folder it is in. */
  stack: string;
  release: string;
  /** When that release was created. */
  since: Date | undefined;
  /** Undefined if the file is not valid evidence. */
  evidence: Evidence | undefined;
  /** The kind according to its name. */
  kind: EvidenceKind | undefined;
};

/** All evidence for some releases in every stack: a release name means the same images everywhere. */
export function readEvidence(root: string, releases: readonly string[]): Filed[] {
  return folders(join(root, "releases")).flatMap((stack) =>
    releases.flatMap((release) => evidenceOf(root, stack, release)),
  );
}

/** The evidence for one release of one stack. */
function evidenceOf(root: string, stack: string, release: string): Filed[] {
  const folder = join("releases", stack, `${release}.evidence`);
  if (!existsSync(join(root, folder))) return [];
  const since = createdOf(join(root, "releases", stack, `${release}.json`));
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => {
      const file = join(folder, name);
      const kind = kindNames.find((kind) => name === `${kind}.json` || name.startsWith(`${kind}-`));
      return { file, stack, release, since, kind, evidence: readable(join(root, file), file) };
    });
}

/** Writes evidence atomically to its release's folder, replacing older evidence. Throws an EvidenceError if newer evidence exists. */
export function writeEvidence(root: string, evidence: Evidence): string {
  const { kind, stack, release, digests, date } = evidence;
  const services = Object.keys(digests);
  const folder = join("releases", stack, `${release}.evidence`);
  const file = join(folder, `${kind}${services.length === 1 ? `-${services[0]}` : ""}.json`);
  const older = existsSync(join(root, file)) ? readable(join(root, file), file) : undefined;
  if (older && older.date > date) {
    throw new EvidenceError(`${file} has evidence of ${older.date}, which is newer than ${date} and stays`);
  }
  mkdirSync(join(root, folder), { recursive: true });
  const temporary = join(root, `${file}.new`);
  rmSync(temporary, { force: true }); // left by a killed command, or planted: links are never followed
  writeFileSync(temporary, `${JSON.stringify(evidence, null, 2)}\n`, { flag: "wx" });
  renameSync(temporary, join(root, file));
  return file;
}

const folders = (path: string): string[] =>
  existsSync(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort()
    : [];

function readable(path: string, file: string): Evidence | undefined {
  try {
    return checkEvidence(parseJson(readFileSync(path, "utf8")), file);
  } catch {
    return undefined;
  }
}

function createdOf(path: string): Date | undefined {
  try {
    const created = new Date(JSON.parse(readFileSync(path, "utf8")).created);
    return Number.isNaN(created.getTime()) ? undefined : created;
  } catch {
    return undefined;
  }
}
