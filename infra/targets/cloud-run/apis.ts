import { Service } from "@pulumi/gcp/projects/service.js";
import { ServiceIdentity } from "@pulumi/gcp/projects/serviceIdentity.js";
import * as pulumi from "@pulumi/pulumi";
import type { CloudRunSettings } from "../../config/schema.ts";

/** The Google Cloud APIs that a stack needs. */
const apisOf = ({ access }: CloudRunSettings): string[] =>
  [
    "artifactregistry",
    "cloudresourcemanager",
    "cloudscheduler",
    "compute",
    "dns",
    "iam",
    "iamcredentials",
    ...(access === "iap" ? ["iap"] : []),
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "secretmanager",
    "servicenetworking",
    "sqladmin",
    "storage",
  ].map((name) => `${name}.googleapis.com`);

/** Enables those APIs. Destroying the stack leaves them enabled, because others in the project may need them. */
export class Apis extends pulumi.ComponentResource {
  constructor(name: string, { cloud }: { cloud: CloudRunSettings }, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:cloud-run:Apis", name, {}, options);
    const { project } = cloud;
    for (const service of apisOf(cloud)) {
      const api = new Service(
        `${name}-${service.split(".")[0]}`,
        { project, service, disableOnDestroy: false },
        { parent: this },
      );
      // the identity with which IAP calls the services: Google creates it only on demand
      if (service.startsWith("iap.")) {
        new ServiceIdentity(`${name}-iap-agent`, { project, service }, { parent: this, dependsOn: api });
      }
    }
    this.registerOutputs({});
  }
}
