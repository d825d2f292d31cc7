import { Container } from "@pulumi/docker/container.js";
import type { Provider } from "@pulumi/docker/provider.js";
import { RemoteImage } from "@pulumi/docker/remoteImage.js";
import { Volume } from "@pulumi/docker/volume.js";
import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../../ecosystem/secrets.ts";
import { named } from "../../names.ts";
import type { TrafficBarrier } from "../../traffic-guard.ts";
import { type ComposeContainer as Described, isOnlyWriter, SECRETS } from "./container.ts";
import type { HostDescription } from "./description.ts";
import { containerArgs, labelArgs, type Made } from "./docker.ts";
import { SEEDING } from "./edge.ts";

type HostContainerArgs = Pick<Made, "networks" | "volume"> & {
  container: Described;
  description: HostDescription;
  secret: (name: Secret) => pulumi.Output<string>;
  barrier: TrafficBarrier;
};
type HostContainerOptions = { parent: pulumi.Resource; provider: Provider; dependsOn: pulumi.Input<pulumi.Resource>[] };

/** One container of a stack, with its image and the volume of its secrets. */
export class HostContainer extends pulumi.ComponentResource {
  /** What later containers wait for: that it is healthy or, for a one-shot, that it has succeeded. */
  readonly ready: pulumi.Input<pulumi.Resource>;

  constructor(name: string, args: HostContainerArgs, { parent, provider, dependsOn }: HostContainerOptions) {
    super("mahavishnu:compose:Container", name, {}, { parent });
    const { container, description, networks, volume, secret, barrier } = args;
    const { stack } = description;
    const own = { parent: this, provider };
    const image = imageId(name, container.image, own);
    const secrets = container.secrets?.length
      ? secretsVolume(name, { container, stack, image, secret }, own)
      : undefined;
    const inputs = containerArgs(container, description, { image, networks, volume, ...(secrets && { secrets }) });
    const made = new Container(name, inputs, {
      ...own,
      dependsOn: isOnlyWriter(container) ? barrier.pass(dependsOn, inputs) : dependsOn,
      // its name is fixed, so the old one is deleted first
      deleteBeforeReplace: true,
      // the provider would only record a change to these two, without applying it
      replaceOnChanges: ["tmpfs", "healthcheck"],
      hooks: container.key === SEEDING ? barrier.hooks : {},
    });
    this.ready = container.health
      ? made
      : pulumi.all([made.exitCode, made.containerLogs]).apply(([code, logs]) => checkDone(container, code, logs, made));
    this.registerOutputs({});
  }
}

/**
 * The id of an image; with a name instead, each update would replace the container. An image named by id is already on the
 * host. Others are pulled if missing; a tag, on local, is resolved only once.
 */
const imageId = (name: string, image: string, own: { parent: pulumi.Resource; provider: Provider }) =>
  image.startsWith("sha256:")
    ? image
    : new RemoteImage(`${name}-image`, { name: image, keepLocally: true }, own).imageId;

/**
 * The volume of a container's secrets, and the container that fills it. Docker cannot upload files into a container with a
 * read-only root, and environment variables are visible to `docker inspect`; so the files are uploaded into a second container
 * with the same volume, which never runs. Changed values replace that container, and then the one that reads them.
 */
function secretsVolume(
  name: string,
  asked: Pick<HostContainerArgs, "secret"> & { container: Described; stack: string; image: pulumi.Input<string> },
  own: { parent: pulumi.Resource; provider: Provider },
) {
  const { container, stack, image, secret } = asked;
  const { name: volume } = new Volume(
    `${name}-secrets`,
    { name: named(stack, container.key, "secrets"), labels: labelArgs(stack, container.revision) },
    own,
  );
  const filled = new Container(
    `${name}-secrets-files`,
    {
      name: `${container.name}-secrets`,
      image,
      entrypoints: ["/bin/true"],
      start: false,
      mustRun: false,
      networkMode: "none",
      user: container.user,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      volumes: [{ containerPath: SECRETS, volumeName: volume }],
      uploads: (container.secrets ?? []).map((secretName) => ({
        file: `${SECRETS}/${secretName}`,
        content: secret(secretName),
        permissions: "0444",
      })),
      labels: labelArgs(stack, container.revision),
    },
    { ...own, deleteBeforeReplace: true },
  );
  return { volume, filledBy: filled.id };
}

/** Throws when a one-shot container did not succeed. */
function checkDone({ key, name }: Described, exitCode: number, logs: string, made: Container): Container {
  if (!exitCode) return made;
  throw new pulumi.RunError(
    `${key} (container ${name}) exited with ${exitCode}: ${logs.trim() || "no output"}. After fixing the cause, run it again with: pulumi up --replace '**${key}'`,
  );
}
