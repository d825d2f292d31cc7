import { Disk } from "@pulumi/gcp/compute/disk.js";
import { DiskResourcePolicyAttachment } from "@pulumi/gcp/compute/diskResourcePolicyAttachment.js";
import type { ResourcePolicy } from "@pulumi/gcp/compute/resourcePolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { capacity } from "../../../ecosystem/capacity.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { CloudRunSettings } from "../../config/schema.ts";
import { labelsOf, named } from "../../names.ts";

type VolumeArgs = { stack: string; cloud: CloudRunSettings; service: ServiceName; snapshots: ResourcePolicy };

/** The persistent disk of a single service. It belongs to the service, whichever revision uses it. */
export class Volume extends pulumi.ComponentResource {
  readonly disk: Disk;

  constructor(
    name: string,
    { stack, cloud, service, snapshots }: VolumeArgs,
    options: pulumi.ComponentResourceOptions,
  ) {
    super("mahavishnu:cloud-run:Volume", name, {}, options);
    const { project, zone } = cloud;
    this.disk = new Disk(
      `${name}-disk`,
      {
        name: named(stack, service),
        project,
        zone,
        type: "pd-balanced",
        size: capacity.volumeGi,
        labels: { ...labelsOf(stack), service },
      },
      { parent: this, protect: true },
    );
    new DiskResourcePolicyAttachment(
      `${name}-snapshots`,
      { name: snapshots.name, disk: this.disk.name, project, zone },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
