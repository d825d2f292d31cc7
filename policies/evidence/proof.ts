import type { ServiceName } from "../../ecosystem/services.ts";
import type { StackFacts } from "../facts.ts";
import { type Finding, fail, pass, warn } from "../verdict.ts";
import type { View } from "../view/view.ts";
import { objectionOf, untimely } from "./evidence.ts";
import type { Filed } from "./files.ts";
import { type EvidenceKind, kinds } from "./kinds.ts";

type ProvenImages = Pick<View, "images">;

/** Judges the evidence of one kind for the images that a stack runs. Missing evidence is a warning; stale, foreign or contradicting evidence is a failure. */
export function proofOf(kind: EvidenceKind, view: ProvenImages, facts: StackFacts): Finding[] {
  const filed = facts.evidence.filter((item) => isOf(kind, item, facts.stack));
  const unreadable = filed
    .filter(({ evidence }) => !evidence)
    .map(({ file }) => fail(file, `it is not valid evidence of ${kinds[kind].what}`));
  const readable = filed.filter(({ evidence }) => evidence);
  const foreign = readable.filter((item) => isForeign(item, view)).map(({ file }) => fail(file, FOREIGN));
  const own = readable.filter((item) => !isForeign(item, view));
  const proofs = kinds[kind].about === "images" ? ofImages(kind, own, view, facts) : ofStack(kind, own, facts);
  return [...unreadable, ...foreign, ...proofs];
}

const FOREIGN = "foreign: it is about other images, another release or another stack than the folder it is in";

/** Evidence about images is valid in every stack; a smoke test must come from staging, or for a disposable stack from itself. */
function isOf(kind: EvidenceKind, { kind: named, stack }: Filed, own: string): boolean {
  if (named !== undefined && named !== kind) return false;
  if (kinds[kind].about === "stack") return stack === own;
  return kind !== "smoke" || stack === "staging" || (stack === own && own !== "prod");
}

function isForeign({ evidence, kind, stack, release }: Filed, { images }: ProvenImages): boolean {
  if (!evidence || evidence.kind !== kind || evidence.stack !== stack || evidence.release !== release) return true;
  const covered = images.filter(({ service }) => evidence.digests[service] !== undefined);
  const own = covered.filter(({ service, digest }) => evidence.digests[service] === digest);
  return own.length === 0 || covered.some(({ service }) => !own.some((image) => image.service === service));
}

function ofImages(kind: EvidenceKind, filed: readonly Filed[], { images }: ProvenImages, facts: StackFacts): Finding[] {
  const missing = new Set<ServiceName>();
  const used = new Map<string, Finding>();
  for (const { service, digest } of images) {
    const newest = newestOf(filed.filter(({ evidence }) => evidence?.digests[service] === digest));
    if (newest) used.set(newest.file, judged(newest, facts));
    else missing.add(service);
  }
  if (missing.size > 0) used.set("", lacking(kind, ` for the image of ${[...missing].sort().join(", ")}`));
  return [...used.values()];
}

function ofStack(kind: EvidenceKind, filed: readonly Filed[], facts: StackFacts): Finding[] {
  const newest = newestOf(filed);
  return [newest ? judged(newest, facts) : lacking(kind, ` on ${facts.stack}`)];
}

const lacking = (kind: EvidenceKind, where: string): Finding =>
  warn(`evidence ${kind}`, `no evidence of ${kinds[kind].what}${where}: ${kinds[kind].obtain}`);

function judged({ file, evidence, since }: Filed, { now }: StackFacts): Finding {
  if (!evidence) return fail(file, "it cannot be read");
  const late = untimely(evidence, since, now);
  if (late) return fail(file, `stale: ${late}`);
  const objection = objectionOf(evidence);
  if (objection) return { verdict: objection.verdict, resource: file, reason: objection.reason };
  return pass(file, `${kinds[evidence.kind].what} of ${evidence.date.slice(0, 10)}`);
}

const newestOf = (filed: readonly Filed[]): Filed | undefined =>
  filed.toSorted((a, b) => (b.evidence?.date ?? "").localeCompare(a.evidence?.date ?? ""))[0];
