import { readStack } from "../infra/config/stack-file.ts";
import { readRelease } from "../infra/release/files.ts";
import type { EvidenceSubject } from "../policies/evidence/add.ts";
import { ReadinessError } from "./error.ts";

/** The release that evidence is about: the one that is named, or what the stack's settings are about to deploy. */
export function subjectOf(root: string, { stack, release }: { stack: string; release?: string }): EvidenceSubject {
  const { settings, file } = readStack(root, stack);
  const name = release ?? settings.candidate ?? settings.stable;
  if (name === undefined) throw new ReadinessError(`${file} names no release yet, so nothing can be known of one`);
  const { created, revisions } = readRelease(root, stack, name);
  const digests = Object.values(revisions)
    .flat()
    .flatMap(({ service, image }) => {
      const digest = /sha256:[0-9a-f]{64}$/.exec(image)?.[0];
      return digest === undefined ? [] : [[service, digest] as const];
    });
  return { stack, release: name, created: new Date(created), digests: Object.fromEntries(digests) };
}
