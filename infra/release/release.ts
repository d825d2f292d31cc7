import { z } from "zod";
import { type ServiceName, serviceNamed, serviceNames } from "../../ecosystem/services.ts";
import { type Target, targets } from "../../ecosystem/targets.ts";
import { contentDigest } from "./digest.ts";
import { contentOf, type Revision, revisionId, revisionSchema } from "./revision.ts";

/** A release cannot be read, made or deployed; the message names the file and what to do. */
export class ReleaseError extends Error {
  override name = "ReleaseError";
}

const sealed = z.strictObject({
  name: z.string(),
  stack: z.string(),
  created: z.iso.datetime(),
  /** No registry holds some of its images: everything offline takes it, an update does not. */
  unpublished: z.literal(true).optional(),
  revisions: z.partialRecord(z.enum(targets), z.array(revisionSchema)),
});

/** `digest` is of all the rest: a revision that was taken out or a mark that is gone shows as much as an edited one. */
export const releaseSchema = sealed.extend({
  digest: z.string({ error: "a release has a digest of its content: it was taken out, so make a new release" }),
});

/** A named set of revisions, by target. Made once, never edited. */
export type Release = z.infer<typeof releaseSchema>;

/** Gives a release the digest of its content. */
export const seal = (content: z.infer<typeof sealed>): Release => ({ ...content, digest: contentDigest(content) });

/** The revisions of one release on one target, by service. */
export type Revisions = ReadonlyMap<ServiceName, Revision>;

/** A release, checked: well-formed, not edited since it was made, and safe to run. Throws a ReleaseError that names the file. */
export function checkRelease(found: unknown, file: string): Release {
  const read = releaseSchema.safeParse(found);
  if (!read.success) throw new ReleaseError(`${file} is no release:\n${z.prettifyError(read.error)}`);
  const { digest, ...content } = read.data;
  for (const [target, revisions] of Object.entries(content.revisions)) {
    checkServices(revisions, `${file}, ${target}`);
    for (const revision of revisions) checkRevision(revision, target as Target, content.stack, file);
  }
  if (digest !== contentDigest(content)) {
    throw new ReleaseError(`${file}: its content is not the one that its digest is of. ${edited(content.stack)}`);
  }
  return read.data;
}

/** What a release runs on a target. Throws a ReleaseError where it has nothing for it. */
export function revisionsFor(release: Release, target: Target): Revisions {
  const revisions = release.revisions[target];
  if (!revisions) {
    throw new ReleaseError(
      `release ${release.name} of ${release.stack} has no revisions for ${target}: it was made before the stack had settings for it. Make a new one: npx maha release new --stack ${release.stack} --image ...`,
    );
  }
  return new Map(revisions.map((revision) => [revision.service, revision]));
}

/** The images that a release needs: on one target, or on whatever target. */
export const imagesOf = ({ revisions }: Pick<Release, "revisions">, target?: Target): string[] =>
  (target === undefined ? Object.values(revisions).flat() : (revisions[target] ?? [])).flatMap(
    ({ image, identityProxy }) => (identityProxy ? [image, identityProxy.image] : [image]),
  );

/** An image that can never mean something else: by the digest of a registry, or by the id of a local one. */
export const isPinned = (image: string): boolean => /^(\S+@)?sha256:[0-9a-f]{64}$/.test(image);

const edited = (stack: string): string =>
  `A release is never edited; take the file back from version control, or make a new release: npx maha release new --stack ${stack} --image ...`;

/** A service that a release leaves out would be taken down with it, and of one that it has twice nobody knows which one runs. */
function checkServices(revisions: readonly Revision[], place: string): void {
  for (const name of serviceNames) {
    const count = revisions.filter(({ service }) => service === name).length;
    if (count !== 1) {
      throw new ReleaseError(
        `${place}: ${count === 0 ? `${name} is missing` : `${name} is there ${count} times`}. A release has each service once: ${serviceNames.join(", ")}`,
      );
    }
  }
}

/** How much memory, in MiB, Cloud Run gives to an instance with so many processors: at least and at most. */
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
      `${place}: Cloud Run has instances of ${Object.keys(cloudRunMemory).join(", ")} processors, not of ${cpu}. Set sizes.${place.split(", ").at(-1)}.cpu`,
    );
  }
  if (memoryMi < least || memoryMi > most) {
    throw new ReleaseError(
      `${place}: an instance of ${cpu} processors has ${least} to ${most} MiB of memory on Cloud Run, not ${memoryMi}. Set sizes.${place.split(", ").at(-1)}.memoryMi`,
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
      `${file}, ${target}, ${revision.service}: the image ${loose} has no digest, so it may mean something else tomorrow. Example: --image ${revision.service}=registry.acme.dev/${revision.service}@sha256:...`,
    );
  }
  const place = `${file}, ${target}, ${revision.service}`;
  if (target !== "compose" && /^sha256:/.test(revision.image)) {
    throw new ReleaseError(
      `${place}: an image by its id is known to one Docker host alone. Push it, and name it by its digest: --image ${revision.service}=registry.acme.dev/${revision.service}@sha256:...`,
    );
  }
  if (serviceNamed(revision.service).state.data === "volume" && revision.sessions !== "single") {
    throw new ReleaseError(
      `${place}: its data lies on one volume with one writer at a time, so it cannot be ${revision.sessions}${target === "cloud-run" ? " on Cloud Run, which starts instances as it likes" : ""}. Use the session model single`,
    );
  }
  if (target === "cloud-run" && revision.sessions === "sticky") {
    throw new ReleaseError(
      `${place}: Cloud Run does not keep a session with its instance. Use stateless, or single for a machine of its own`,
    );
  }
  if (revision.sessions === "single" && revision.instances.max > 1) {
    throw new ReleaseError(`${place}: single means one instance, not up to ${revision.instances.max}`);
  }
  if (target !== "cloud-run") return;
  if (revision.sessions === "single" && revision.identityProxy) {
    const peers = revision.identityProxy.peers.map(({ service }) => service).join(", ");
    throw new ReleaseError(
      `${place}: it calls ${peers} on Cloud Run, which asks for an identity token, and nothing on the machine of the single services adds one. Make it stateless, or ${peers} single as well`,
    );
  }
  if (revision.sessions === "stateless") checkCloudRunSize(revision, place);
}
