import { z } from "zod";
import type { ServiceName } from "../../ecosystem/services.ts";
import { type Target, targets } from "../../ecosystem/targets.ts";
import { contentDigest } from "./digest.ts";
import { contentOf, type Revision, revisionId, revisionSchema } from "./revision.ts";

/** A release cannot be read, made or deployed; the message names the file and says what to do. */
export class ReleaseError extends Error {
  override name = "ReleaseError";
}

/** The format in which releases are written. An added service or optional field keeps it; a changed meaning raises it. */
export const FORMAT = 2;

/** A named set of revisions, by target. Made once, never edited. */
export type Release = {
  format: typeof FORMAT;
  name: string;
  stack: string;
  created: string;
  /** Some of its images are in no registry: usable offline, refused by an update. */
  unpublished?: true;
  revisions: Partial<Record<Target, Revision[]>>;
  /** Covers everything else, so a removed revision or flag is detected like an edited one. */
  digest: string;
};

/** The fields that every format has; the first one had no number. */
const releaseSchema = z.looseObject({
  format: z.int().default(1),
  name: z.string(),
  stack: z.string(),
  created: z.iso.datetime(),
  revisions: z.partialRecord(z.enum(targets), z.array(revisionSchema)),
  digest: z.string({
    error: "the release's digest is missing; take the file back from version control, or make a new release",
  }),
});

/** Adds the digest of the content. */
export const seal = (content: Omit<Release, "digest">): Release => ({ ...content, digest: contentDigest(content) });

/** The revisions of one release on one target, by service, in start order. */
export type Revisions = ReadonlyMap<ServiceName, Revision>;

/**
 * Checks the format and the integrity of a release, and nothing else: what it runs was validated when it was made, and must
 * stay deployable when the ecosystem and the rules change. Throws a ReleaseError that names the file.
 */
export function checkRelease(found: unknown, file: string): Release {
  const read = releaseSchema.safeParse(found);
  if (!read.success) throw new ReleaseError(`${file} is not a release:\n${z.prettifyError(read.error)}`);
  const { format, stack } = read.data;
  if (format !== FORMAT) {
    throw new ReleaseError(
      `${file} has format ${format}, and this version reads format ${FORMAT}. Deploy it with the version that made it, or make a new release: npx maha release new --stack ${stack} --image SERVICE=REF@sha256:...`,
    );
  }
  const { digest, ...content } = found as Release;
  for (const [target, revisions] of Object.entries(content.revisions)) {
    const edited = revisions.find((revision) => revision.id !== revisionId(contentOf(revision)));
    if (edited) {
      throw new ReleaseError(`${file}, ${target}, ${edited.id}: its content was edited. ${neverEdited(content.stack)}`);
    }
  }
  if (digest !== contentDigest(content)) {
    throw new ReleaseError(`${file}: its content does not match its digest. ${neverEdited(content.stack)}`);
  }
  return found as Release;
}

/** A release's revisions for a target. Throws a ReleaseError if it has none. */
export function revisionsFor(release: Release, target: Target): Revisions {
  const revisions = release.revisions[target];
  if (!revisions) {
    throw new ReleaseError(
      `release ${release.name} of ${release.stack} has no revisions for ${target}: it was made before the stack had settings for that target. Make a new release: npx maha release new --stack ${release.stack} --image ...`,
    );
  }
  return new Map(revisions.map((revision) => [revision.service, revision]));
}

/** The images that a release needs, on one target or on all. */
export const imagesOf = ({ revisions }: Pick<Release, "revisions">, target?: Target): string[] =>
  (target === undefined ? Object.values(revisions).flat() : (revisions[target] ?? [])).flatMap(
    ({ image, identityProxy }) => (identityProxy ? [image, identityProxy.image] : [image]),
  );

/** True for an immutable reference: a registry digest, or a local image id. */
export const isPinned = (image: string): boolean => /^(\S+@)?sha256:[0-9a-f]{64}$/.test(image);

const neverEdited = (stack: string): string =>
  `A release is never edited; take the file back from version control, or make a new release: npx maha release new --stack ${stack} --image ...`;
