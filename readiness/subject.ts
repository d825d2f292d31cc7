import { readStack } from "../infra/config/stack-file.ts";
import { readRelease } from "../infra/release/files.ts";
import type { EvidenceSubject } from "../policies/evidence/add.ts";
import { ReadinessError } from "./error.ts";

/** A release of a stack by its name, else the one that the stack's settings are about to deploy. */
export type ReleaseReference = { stack: string; release?: string };

/** The release that evidence is about. Throws a ReadinessError if there is none yet. */
export function subjectOf(root: string, { stack, release }: ReleaseReference): EvidenceSubject {
  const { settings, file } = readStack(root, stack);
  const name = release ?? settings.candidate ?? settings.stable;
  if (name === undefined) {
    throw new ReadinessError(
      `${file} names no release, so there is nothing to record evidence for. Make one: npx maha release new --stack ${stack}`,
    );
  }
  const { created, revisions } = readRelease(root, stack, name);
  const digests = Object.values(revisions)
    .flat()
    .flatMap(({ service, image }) => {
      const digest = /sha256:[0-9a-f]{64}$/.exec(image)?.[0];
      return digest === undefined ? [] : [[service, digest] as const];
    });
  return { stack, release: name, created: new Date(created), digests: Object.fromEntries(digests) };
}
