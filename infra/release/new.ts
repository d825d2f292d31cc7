import { serviceNames } from "../../ecosystem/services.ts";
import { RELEASE_NAME, type Settings } from "../config/schema.ts";
import { readStack, stackNames } from "../config/stack-file.ts";
import { releasesOf, writeRelease } from "./files.ts";
import { type ImageChoice, makeRelease } from "./make.ts";
import { imagesOf, type Release, ReleaseError } from "./release.ts";
import { isUnpublished, unpublishedImage } from "./unpublished.ts";

type NewRelease = {
  images: Record<string, string>;
  name?: string | undefined;
  unpublished?: boolean | undefined;
  /** Retries the stack's candidate, or its newest release: the same images under new ids. */
  retry?: boolean | undefined;
  created: Date;
};

/** Makes a stack's next release and writes its file. Throws a ReleaseError or a SettingsError, and then writes nothing. */
export function newRelease(root: string, stack: string, asked: NewRelease): { release: Release; file: string } {
  if (asked.name !== undefined && !RELEASE_NAME.test(asked.name)) {
    throw new ReleaseError(
      `--name ${asked.name}: a release name has only lower-case letters, digits, dots and dashes. Example: --name r12`,
    );
  }
  const { settings, file } = readStack(root, stack);
  const others = stackNames(root).flatMap((name) => releasesOf(root, name));
  const history = others.filter((release) => release.stack === stack);
  const failed = asked.retry ? retried(history, settings, stack) : undefined;
  const images = chosenImages(root, stack, { ...asked, images: { ...(failed && imagesIn(failed)), ...asked.images } });
  const name = asked.name ?? nextName(others, stack, images);
  const namesake = others.find((other) => other.name === name && other.stack !== stack && !runs(other, images));
  if (namesake) {
    throw new ReleaseError(
      `release ${name} of ${namesake.stack} runs different images; a release name must mean the same images in every stack. Choose another --name`,
    );
  }
  const retry = failed !== undefined;
  const release = makeRelease({ stack, name, settings, images, created: asked.created, history, retry });
  if (failed) refuseUnchanged(release, failed, history);
  if (!asked.unpublished) refuseUnpublished(release, file);
  return { release, file: writeRelease(root, release) };
}

/** The release to retry: the candidate, or else the newest. */
function retried(history: readonly Release[], { candidate }: Settings, stack: string): Release {
  const found = history.find(({ name }) => name === candidate) ?? history.at(-1);
  if (!found) throw new ReleaseError(`--retry: ${stack} has no release to retry`);
  return found;
}

/** Refuses a retry that would change nothing, since stable runs all of it. */
function refuseUnchanged(release: Release, failed: Release, history: readonly Release[]): void {
  const idsOf = ({ revisions }: Release) => Object.values(revisions).flatMap((list) => list.map(({ id }) => id));
  const known = new Set(history.flatMap(idsOf));
  if (idsOf(release).some((id) => !known.has(id))) return;
  throw new ReleaseError(
    `--retry: stable already runs all that release ${failed.name} of ${failed.stack} does, so there is nothing to retry`,
  );
}

const imagesIn = ({ revisions }: Release): Record<string, string> =>
  Object.fromEntries(Object.values(revisions).flatMap((list) => list.map(({ service, image }) => [service, image])));

/** The name of another stack's release with these images, else the next number. */
function nextName(releases: readonly Release[], stack: string, images: ImageChoice): string {
  const taken = new Set(releases.filter((release) => release.stack === stack).map(({ name }) => name));
  const known = releases.find((release) => !taken.has(release.name) && runs(release, images));
  const numbers = releases.flatMap(({ name }) => /^r(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  return known?.name ?? `r${Math.max(0, ...numbers) + 1}`;
}

/** A missing image would stop an update halfway. On Cloud Run a release includes the edge's image too, for the identity proxy. */
function refuseUnpublished(release: Release, file: string): void {
  const image = imagesOf(release).find(isUnpublished);
  if (image === undefined) return;
  throw new ReleaseError(
    `a release of ${release.stack} would run ${image}, which is in no registry. Push it and set its digest: for a service with --image SERVICE=REF@sha256:..., for the edge in ${file}, mahavishnu:edge.image. To inspect the release offline only, pass --unpublished`,
  );
}

const runs = ({ revisions }: Release, images: ImageChoice): boolean =>
  Object.values(revisions).every((list) =>
    list.every(({ service, image }) => digestOf(image) === digestOf(images[service] ?? "")),
  );

/** An image's identity in any registry: its digest, or the whole reference without one. */
const digestOf = (image: string): string => /sha256:[0-9a-f]{64}$/.exec(image)?.[0] ?? image;

function chosenImages(root: string, stack: string, { images, unpublished }: NewRelease): ImageChoice {
  const unknown = Object.keys(images).find((name) => !serviceNames.includes(name));
  if (unknown !== undefined) {
    throw new ReleaseError(`--image ${unknown}=...: unknown service. Services: ${serviceNames.join(", ")}`);
  }
  const missing = serviceNames.filter((name) => images[name] === undefined);
  if (missing.length > 0 && !unpublished) {
    throw new ReleaseError(
      `a release of ${stack} needs an image for each service. Missing: ${missing.map((name) => `--image ${name}=REF@sha256:...`).join(" ")}. To list digests: docker images --digests`,
    );
  }
  const all = serviceNames.map((name) => [name, images[name] ?? unpublishedImage(root, name)]);
  return Object.fromEntries(all);
}
