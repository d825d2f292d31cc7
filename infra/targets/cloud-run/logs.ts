import { ProjectBucketConfig } from "@pulumi/gcp/logging/projectBucketConfig.js";
import { ProjectSink } from "@pulumi/gcp/logging/projectSink.js";
import * as pulumi from "@pulumi/pulumi";
import { retention } from "../../../ecosystem/retention.ts";
import type { CloudRunSettings } from "../../config/schema.ts";
import { named } from "../../names.ts";

/** The log bucket of a stack on Google Cloud, with the ecosystem's log retention. */
export class CloudLogs extends pulumi.ComponentResource {
  constructor(
    name: string,
    { stack, cloud }: { stack: string; cloud: CloudRunSettings },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("mahavishnu:observability:CloudLogs", name, {}, options);
    const own = { parent: this };
    const bucket = new ProjectBucketConfig(`${name}-bucket`, logBucket(stack, cloud), own);
    new ProjectSink(
      `${name}-sink`,
      {
        project: cloud.project,
        name: named(stack, "logs"),
        destination: pulumi.interpolate`logging.googleapis.com/${bucket.id}`,
        filter: logFilter,
        uniqueWriterIdentity: true,
      },
      own,
    );
    this.registerOutputs();
  }
}

const logBucket = (stack: string, { project, region }: CloudRunSettings) => ({
  project,
  location: region,
  bucketId: named(stack),
  description: `Logs of the stack ${stack}`,
  retentionDays: retention.logDays,
});

/** The logs of everything that the stack runs, and of its load balancer. */
const logFilter = ["cloud_run_revision", "cloud_run_job", "gce_instance", "cloudsql_database", "http_load_balancer"]
  .map((type) => `resource.type="${type}"`)
  .join(" OR ");
