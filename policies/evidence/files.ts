import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkEvidence, type Evidence, EvidenceError } from "./evidence.ts";
import { type EvidenceKind, kindNames } from "./kinds.ts";

/** Evidence as it lies in a release's folder. */
export type Filed = {
  /** `releases/prod/r1.evidence/smoke-akosha.json` */
  file: string;
  /** The stack and the release in whose folder it lies. */
  stack: string;
  release: string;
  /** When that release was made. */
  since: Date | undefined;
  /** Undefined where the file is no evidence. */
  evidence: Evidence | undefined;
  /** The kind that its name says. */
  kind: EvidenceKind | undefined;
};

/** All evidence of some releases, in every stack: the same name means the same images everywhere. */
export function readEvidence(root: string, releases: readonly string[]): Filed[] {
  return folders(join(root, "releases")).flatMap((stack) =>
    releases.flatMap((release) => evidenceOf(root, stack, release)),
  );
}

/** The evidence of one release of one stack. */
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

/** Puts evidence into its release's folder, whole or not at all; a newer one takes the older one's place. Throws an EvidenceError. */
export function writeEvidence(root: string, evidence: Evidence): string {
  const { kind, stack, release, digests, date } = evidence;
  const services = Object.keys(digests);
  const folder = join("releases", stack, `${release}.evidence`);
  const file = join(folder, `${kind}${services.length === 1 ? `-${services[0]}` : ""}.json`);
  const older = existsSync(join(root, file)) ? readable(join(root, file), file) : undefined;
  if (older && older.date > date) {
    throw new EvidenceError(`${file} is of ${older.date}, newer than ${date}: older evidence does not replace it`);
  }
  mkdirSync(join(root, folder), { recursive: true });
  const written = join(root, `${file}.new`);
  writeFileSync(written, `${JSON.stringify(evidence, null, 2)}\n`);
  renameSync(written, join(root, file));
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
    return checkEvidence(JSON.parse(readFileSync(path, "utf8")), file);
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
