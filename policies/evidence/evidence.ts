import { z } from "zod";
import { serviceNames } from "../../ecosystem/services.ts";
import { type EvidenceKind, kindNames, kinds, type Objection } from "./kinds.ts";

/** Evidence that cannot be taken: the message says what is wrong with it and what to do. */
export class EvidenceError extends Error {
  override name = "EvidenceError";
}

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "a digest is sha256: and 64 hexadecimal digits");

const envelope = z.strictObject({
  kind: z.enum(kindNames as [EvidenceKind, ...EvidenceKind[]]),
  /** Where it was gathered. */
  stack: z.string().min(1),
  release: z.string().min(1),
  /** The images that it speaks of. */
  digests: z
    .partialRecord(z.enum(serviceNames), digest)
    .refine((digests) => Object.keys(digests).length > 0, "it speaks of no image"),
  /** When what it says was so. */
  date: z.iso.datetime(),
  /** Who answers for it. */
  by: z.string().min(1),
  result: z.unknown(),
});

/** A small signed-off file of a release: what was found out about which images, when and by whom. */
export type Evidence = z.infer<typeof envelope>;

/** Checks the form of evidence. Throws an EvidenceError that lists every problem. */
export function checkEvidence(content: unknown, file: string): Evidence {
  const read = envelope.safeParse(content);
  if (!read.success) throw new EvidenceError(`${file} is no evidence:\n${z.prettifyError(read.error)}`);
  const result = kinds[read.data.kind].result.safeParse(read.data.result);
  if (!result.success) {
    throw new EvidenceError(
      `${file} is no evidence of ${kinds[read.data.kind].what}:\n${z.prettifyError(result.error)}`,
    );
  }
  const of = (result.data as { stack?: string }).stack;
  if (of !== undefined && of !== read.data.stack) {
    throw new EvidenceError(`${file} is about ${of}, not about ${read.data.stack}`);
  }
  return { ...read.data, result: result.data };
}

/** What the result of a piece of evidence itself says against the stack. */
export function objectionOf({ kind, result }: Evidence): Objection | undefined {
  const objection = kinds[kind].objection as (result: unknown) => Objection | undefined;
  return objection(result);
}

/** Why it is too old or too new to be believed; undefined where it is neither. `since` is when its images became a release. */
export function untimely({ kind, date }: Evidence, since: Date | undefined, now: Date): string | undefined {
  const { hours, about } = kinds[kind];
  const at = new Date(date);
  if (at > now) return "it is dated in the future";
  if (about === "images" && since && at < since) return "it is older than the release";
  const age = (now.getTime() - at.getTime()) / 3_600_000;
  if (hours !== undefined && age > hours) return `it is older than ${hours > 48 ? `${hours / 24} days` : `${hours} h`}`;
  return undefined;
}
