import type { Target } from "../ecosystem/targets.ts";
import { makeEvidence } from "../policies/evidence/add.ts";
import { auditOf, lockFiles } from "../policies/evidence/audit.ts";
import { type Evidence, objectionOf, untimely } from "../policies/evidence/evidence.ts";
import { readEvidence, writeEvidence } from "../policies/evidence/files.ts";
import { type EvidenceKind, kindNames } from "../policies/evidence/kinds.ts";
import { scan, type Vulnerability } from "../policies/evidence/scanner.ts";
import { ReadinessError } from "./error.ts";
import { readinessOf } from "./readiness.ts";
import { type ReleaseReference, subjectOf } from "./subject.ts";

/** A piece of evidence and the file that it was written to. */
export type Recorded = { file: string; evidence: Evidence };

type NewEvidence = ReleaseReference & {
  kind: string;
  /** The digests of the images that it is about, by service. */
  digests: Readonly<Record<string, string>>;
  date: Date;
  /** Who vouches for it. */
  by: string;
  result: unknown;
};

/**
 * Records evidence for a release, replacing older evidence of the same kind. Throws a ReadinessError for an unknown kind,
 * and an EvidenceError for evidence that does not match the release.
 */
export function recordEvidence(root: string, { kind, ...evidence }: NewEvidence, now: Date): Recorded {
  const known = kindNames.find((name) => name === kind);
  if (!known) throw new ReadinessError(`evidence add ${kind}: unknown kind. Kinds: ${kindNames.join(", ")}`);
  return record(root, { ...evidence, kind: known }, now);
}

function record(root: string, { stack, release, ...found }: NewEvidence & { kind: EvidenceKind }, now: Date): Recorded {
  const subject = subjectOf(root, { stack, ...(release !== undefined && { release }) });
  const evidence = makeEvidence({ ...found, subject, now });
  return { file: writeEvidence(root, evidence), evidence };
}

type AuditRequest = ReleaseReference & { by: string; target?: Target; offline: boolean };

/**
 * Audits a release and records the result: the stack itself, the images' lock files and the deployment's own. It has
 * passed if nothing in it speaks against the stack. `offline` uses the copy of the vulnerability database on this machine.
 * Throws an EvidenceError if nothing could be audited.
 */
export async function auditRelease(
  root: string,
  { stack, release, by, target, offline }: AuditRequest,
  now: Date,
): Promise<Recorded & { findings: readonly Vulnerability[]; passed: boolean }> {
  const reference = { stack, ...(release !== undefined && { release }) };
  const { digests } = subjectOf(root, reference);
  const scanned = await scan(root, lockFiles, { offline });
  const report = await readinessOf(root, { stack, ...(target && { target }) }, now);
  const result = auditOf(scanned, report);
  const recorded = record(root, { ...reference, by, kind: "security-audit", digests, date: now, result }, now);
  return { ...recorded, findings: result.findings, passed: objectionOf(recorded.evidence) === undefined };
}

/** A file of evidence, and why it does not count; undefined if it does. `evidence` is undefined if it cannot be read. */
export type ListedEvidence = { file: string; evidence: Evidence | undefined; objection: string | undefined };

/** Lists the evidence for a release, in every stack that has some. */
export function listEvidence(
  root: string,
  reference: ReleaseReference,
  now: Date,
): { release: string; listed: ListedEvidence[] } {
  const { release } = subjectOf(root, reference);
  const listed = readEvidence(root, [release]).map(({ file, evidence, since }) => ({
    file,
    evidence,
    objection: evidence ? (untimely(evidence, since, now) ?? objectionOf(evidence)?.reason) : "cannot be read",
  }));
  return { release, listed };
}
