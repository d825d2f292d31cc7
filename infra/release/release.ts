import { z } from "zod";
import { type ServiceName, serviceNamed, serviceNames } from "../../ecosystem/services.ts";
import { type Target, targets } from "../../ecosystem/targets.ts";
import { contentDigest } from "./digest.ts";
import { contentOf, type Revision, revisionId, revisionSchema } from "./revision.ts";

/** A release cannot be read, made or deployed; the message names the file and says what to do. */
export class ReleaseError extends Error {
  override name = "ReleaseError";
}

const sealed = z.strictObject({
  name: z.string(),
  stack: z.string(),
  created: z.iso.datetime(),
  /** Some of its images are in no registry: usable offline, refused by an update. */
  unpublished: z.literal(true).optional(),
  revisions: z.partialRecord(z.enum(targets), z.array(revisionSchema)),
});

/** `digest` covers everything else, so a removed revision or flag is detected like an edited one. */
export const releaseSchema = sealed.extend({
  digest: z.string({
    error: "the release's digest is missing; take the file back from version control, or make a new release",
  }),
});

/** A named set of revisions, by target. Made once, never edited. */
export type Release = z.infer<typeof releaseSchema>;

/** Adds the digest of the content. */
export const seal = (content: z.infer<typeof sealed>): Release => ({ ...content, digest: contentDigest(content) });

/** The revisions of one release on one target, by service. */
export type Revisions = ReadonlyMap<ServiceName, Revision>;

/** Checks that a release is well-formed, unedited and safe to run. Throws a ReleaseError that names the file. */
export function checkRelease(found: unknown, file: string): Release {
  const read = releaseSchema.safeParse(found);
  if (!read.success) throw new ReleaseError(`${file} is not a release:\n${z.prettifyError(read.error)}`);
  const { digest, ...content } = read.data;
  for (const [target, revisions] of Object.entries(content.revisions)) {
    checkServices(revisions, `${file}, ${target}`);
    for (const revision of revisions) checkRevision(revision, target as Target, content.stack, file);
  }
  if (digest !== contentDigest(content)) {
    throw new ReleaseError(`${file}: its content does not match its digest. ${edited(content.stack)}`);
  }
  return read.data;
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

const edited = (stack: string): string =>
  `A release is never edited; take the file back from version control, or make a new release: npx maha release new --stack ${stack} --image ...`;

/** A missing service would be removed by the update; of a duplicate it is unclear which one runs. */
function checkServices(revisions: readonly Revision[], place: string): void {
  for (const name of serviceNames) {
    const count = revisions.filter(({ service }) => service === name).length;
    if (count !== 1) {
      throw new ReleaseError(
        `${place}: ${count === 0 ? `${name} is missing` : `${name} occurs ${count} times`}. A release needs each service exactly once: ${serviceNames.join(", ")}`,
      );
    }
  }
}

/** Cloud Run's minimum and maximum memory, in MiB, by number of CPUs. */
const cloudRunMemory: Record<number, [number, number]> = {
  1: [512, 4096],
  2: [512, 8192],
  4: [2048, 16384],
  6: [4096, 24576],
  8: [4096, 32768],
};

function checkCloudRunSize({ cpu, memoryMi }: Revision, place: string): void {
  const [least, most] = cloudRunMemory[cpu] ?? [];
  if (least === undefined || most === undefined) {
    throw new ReleaseError(
      `${place}: Cloud Run offers ${Object.keys(cloudRunMemory).join(", ")} vCPU per instance, not ${cpu}. Set sizes.${place.split(", ").at(-1)}.cpu`,
    );
  }
  if (memoryMi < least || memoryMi > most) {
    throw new ReleaseError(
      `${place}: Cloud Run offers ${least} to ${most} MiB of memory with ${cpu} vCPU, not ${memoryMi}. Set sizes.${place.split(", ").at(-1)}.memoryMi`,
    );
  }
}

function checkRevision(revision: Revision, target: Target, stack: string, file: string): void {
  const content = contentOf(revision);
  if (revision.id !== revisionId(content)) {
    throw new ReleaseError(`${file}, ${target}, ${revision.id}: its content was edited. ${edited(stack)}`);
  }
  const loose = [revision.image, revision.identityProxy?.image].find((image) => image && !isPinned(image));
  if (stack !== "local" && loose) {
    throw new ReleaseError(
      `${file}, ${target}, ${revision.service}: the image ${loose} has no digest, and its tag can move. Example: --image ${revision.service}=registry.acme.dev/${revision.service}@sha256:...`,
    );
  }
  const place = `${file}, ${target}, ${revision.service}`;
  if (target !== "compose" && /^sha256:/.test(revision.image)) {
    throw new ReleaseError(
      `${place}: an image id is known only to one Docker host. Push the image and use its digest: --image ${revision.service}=registry.acme.dev/${revision.service}@sha256:...`,
    );
  }
  if (serviceNamed(revision.service).state.data === "volume" && revision.sessions !== "single") {
    throw new ReleaseError(
      `${place}: its data is on a volume with one writer at a time, so it cannot be ${revision.sessions}${target === "cloud-run" ? " on Cloud Run, which scales instances freely" : ""}. Use the session model single`,
    );
  }
  if (target === "cloud-run" && revision.sessions === "sticky") {
    throw new ReleaseError(
      `${place}: Cloud Run does not pin a session to an instance. Use stateless, or single for the singletons' VM`,
    );
  }
  if (revision.sessions === "single" && revision.instances.max > 1) {
    throw new ReleaseError(`${place}: single means one instance, not up to ${revision.instances.max}`);
  }
  if (target !== "cloud-run") return;
  if (revision.sessions === "single" && revision.identityProxy) {
    const peers = revision.identityProxy.peers.map(({ service }) => service).join(", ");
    throw new ReleaseError(
      `${place}: it calls ${peers} on Cloud Run, which requires an identity token, and nothing on the singletons' VM adds one. Make it stateless, or make ${peers} single as well`,
    );
  }
  if (revision.sessions === "stateless") checkCloudRunSize(revision, place);
}
