import { checkEvidence, type Evidence, EvidenceError, untimely } from "./evidence.ts";
import { type EvidenceKind, kinds } from "./kinds.ts";

/** The release that evidence is for: what runs in it, and since when. */
export type EvidenceSubject = {
  stack: string;
  release: string;
  created: Date;
  digests: Readonly<Record<string, string>>;
};

type EvidenceInput = {
  kind: EvidenceKind;
  subject: EvidenceSubject;
  /** The images that were looked at, by service, as whoever looked at them names them. */
  digests: Readonly<Record<string, string>>;
  date: Date;
  by: string;
  result: unknown;
  now: Date;
};

/** Evidence of a release, checked. Throws an EvidenceError for what does not speak of the release, or not yet. */
export function makeEvidence({ kind, subject, digests, date, by, result, now }: EvidenceInput): Evidence {
  const { stack, release, created } = subject;
  for (const [service, digest] of Object.entries(digests)) {
    const own = subject.digests[service];
    if (own === undefined) {
      throw new EvidenceError(
        `${service} is no service of release ${release} of ${stack}. Its services: ${Object.keys(subject.digests).join(", ")}`,
      );
    }
    if (own !== digest) {
      throw new EvidenceError(
        `release ${release} of ${stack} does not run this image of ${service}: evidence about one image proves nothing about another. It runs ${own}`,
      );
    }
  }
  if (kinds[kind].about === "images" && Object.keys(digests).length === 0) {
    throw new EvidenceError(
      `evidence of ${kinds[kind].what} speaks of images: say which was looked at, --digest SERVICE=sha256:...`,
    );
  }
  const spoken = Object.keys(digests).length > 0 ? digests : subject.digests;
  const evidence = checkEvidence(
    { kind, stack, release, digests: spoken, date: date.toISOString(), by, result },
    "what was given",
  );
  const late = untimely(evidence, created, now);
  if (late) throw new EvidenceError(`evidence of ${evidence.date} is not taken: ${late}`);
  return evidence;
}
