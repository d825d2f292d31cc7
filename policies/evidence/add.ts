import { checkEvidence, type Evidence, EvidenceError, untimely } from "./evidence.ts";
import { type EvidenceKind, kinds } from "./kinds.ts";

/** The release that evidence is for: its images, and when it was created. */
export type EvidenceSubject = {
  stack: string;
  release: string;
  created: Date;
  digests: Readonly<Record<string, string>>;
};

type EvidenceInput = {
  kind: EvidenceKind;
  subject: EvidenceSubject;
  /** The digests of the images that were examined, by service, as given with the result. */
  digests: Readonly<Record<string, string>>;
  date: Date;
  by: string;
  result: unknown;
  now: Date;
};

/** Makes a checked piece of evidence. Throws an EvidenceError if it is about other images or another stack, or is stale. */
export function makeEvidence({ kind, subject, digests, date, by, result, now }: EvidenceInput): Evidence {
  const { stack, release, created } = subject;
  for (const [service, digest] of Object.entries(digests)) {
    const own = subject.digests[service];
    if (own === undefined) {
      throw new EvidenceError(
        `release ${release} of ${stack} has no service ${service}. Its services: ${Object.keys(subject.digests).join(", ")}`,
      );
    }
    if (own !== digest) {
      throw new EvidenceError(
        `release ${release} of ${stack} does not run this image of ${service}, so this evidence does not apply. It runs ${own}`,
      );
    }
  }
  if (kinds[kind].about === "images" && Object.keys(digests).length === 0) {
    throw new EvidenceError(
      `${kind} evidence is about images: name those that were examined with --digest SERVICE=sha256:...`,
    );
  }
  const covered = Object.keys(digests).length > 0 ? digests : subject.digests;
  const evidence = checkEvidence(
    { kind, stack, release, digests: covered, date: date.toISOString(), by, result },
    "the given result",
  );
  const late = untimely(evidence, created, now);
  if (late) throw new EvidenceError(`evidence of ${evidence.date} was rejected: ${late}`);
  return evidence;
}
