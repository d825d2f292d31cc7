import { z } from "zod";
import { serviceNames } from "../../ecosystem/services.ts";
import { type EvidenceKind, kindNames, kinds, type Objection } from "./kinds.ts";

/** Evidence that was rejected; the message says why and what to do. */
export class EvidenceError extends Error {
  override name = "EvidenceError";
}

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hexadecimal digits");

const envelope = z.strictObject({
  kind: z.enum(kindNames as [EvidenceKind, ...EvidenceKind[]]),
  /** Where it was gathered. */
  stack: z.string().min(1),
  release: z.string().min(1),
  /** The images that it is about. */
  digests: z
    .partialRecord(z.enum(serviceNames), digest)
    .refine((digests) => Object.keys(digests).length > 0, "must name at least one image"),
  /** When the result was obtained. */
  date: z.iso.datetime(),
  /** Who vouches for it. */
  by: z.string().min(1),
  result: z.unknown(),
});

/** One file of evidence for a release: what was found about which images, when, and who vouches for it. */
export type Evidence = z.infer<typeof envelope>;

/** Validates evidence. Throws an EvidenceError that lists every problem. */
export function checkEvidence(content: unknown, file: string): Evidence {
  const read = envelope.safeParse(content);
  if (!read.success) throw new EvidenceError(`${file} is not valid evidence:\n${z.prettifyError(read.error)}`);
  const result = kinds[read.data.kind].result.safeParse(read.data.result);
  if (!result.success) {
    throw new EvidenceError(
      `${file} is not valid evidence of ${kinds[read.data.kind].what}:\n${z.prettifyError(result.error)}`,
    );
  }
  const of = (result.data as { stack?: string }).stack;
  if (of !== undefined && of !== read.data.stack) {
    throw new EvidenceError(`${file} is about ${of}, not about ${read.data.stack}`);
  }
  return { ...read.data, result: result.data };
}

/** Why a piece of evidence fails or weakens the stack's case; undefined if it does not. */
export function objectionOf({ kind, result }: Evidence): Objection | undefined {
  const objection = kinds[kind].objection as (result: unknown) => Objection | undefined;
  return objection(result);
}

/** Why evidence is too old or too new to count; undefined if it is neither. `since` is when its release was created. */
export function untimely({ kind, date }: Evidence, since: Date | undefined, now: Date): string | undefined {
  const { hours, about } = kinds[kind];
  const at = new Date(date);
  if (at > now) return "it is dated in the future";
  if (about === "images" && since && at < since) return "it is older than the release";
  const age = (now.getTime() - at.getTime()) / 3_600_000;
  if (hours !== undefined && age > hours) return `it is older than ${hours > 48 ? `${hours / 24} days` : `${hours} h`}`;
  return undefined;
}
