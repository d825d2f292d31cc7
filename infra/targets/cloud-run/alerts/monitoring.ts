import { ServiceIamMember } from "@pulumi/gcp/cloudrunv2/serviceIamMember.js";
import { AlertPolicy } from "@pulumi/gcp/monitoring/alertPolicy.js";
import { GenericService } from "@pulumi/gcp/monitoring/genericService.js";
import { Slo } from "@pulumi/gcp/monitoring/slo.js";
import { UptimeCheckConfig } from "@pulumi/gcp/monitoring/uptimeCheckConfig.js";
import { ServiceIdentity } from "@pulumi/gcp/projects/serviceIdentity.js";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../../../../ecosystem/services.ts";
import { rulesFor } from "../../../alerts/rules.ts";
import { type CloudRunDeployment, pairsOf } from "../../../deployment.ts";
import { cloudRunUrl } from "../../../release/addresses.ts";
import { cloudRunConditions } from "./conditions.ts";
import { objectivesOf, policy, uptimeCheck } from "./policies.ts";
import { CloudReceivers } from "./receivers.ts";
import { projectScope } from "./scope.ts";

/**
 * A stack's alerts on Google Cloud and their receivers, from its first release on. `services` are the Cloud Run services by
 * their name there, if any; Google's uptime checker becomes one of their invokers. Single services are reported by their VM.
 */
export class CloudAlerting extends pulumi.ComponentResource {
  constructor(
    name: string,
    args: { deployment: CloudRunDeployment; services: ReadonlyMap<ServiceName, pulumi.Input<string>> },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("mahavishnu:observability:CloudAlerting", name, {}, options);
    const { deployment, services } = args;
    const { stack, settings, secret } = deployment;
    const cloud = settings.cloudRun;
    const { project, projectNumber, region } = cloud;
    // its address follows a pattern: Google creates it on demand, and does not always return its name
    const caller = `serviceAccount:service-${projectNumber}@gcp-sa-monitoring-notification.iam.gserviceaccount.com`;
    const own = { parent: this };
    const agent = new ServiceIdentity(`${name}-agent`, { project, service: "monitoring.googleapis.com" }, own);
    const receivers = new CloudReceivers(
      `${name}-receivers`,
      { stack, settings, secret, agent: caller },
      { ...own, dependsOn: agent },
    );
    for (const rule of rulesFor(cloudRunConditions(projectScope(deployment)))) {
      new AlertPolicy(
        `${name}-${rule.alert}`,
        { ...policy(rule, { stack, cloud }), notificationChannels: receivers.of(settings.alerts[rule.priority]) },
        own,
      );
    }
    const pairs = pairsOf(deployment);
    for (const [service, runName] of services) {
      const host = new URL(cloudRunUrl(service, settings)).host;
      const path = pairs.get(service)?.stable.path ?? "/";
      const asked = { service, host, path, stack, cloud };
      if (cloud.access === "iam") {
        new ServiceIamMember(
          `${name}-asks-${service}`,
          { project, location: region, name: runName, role: "roles/run.invoker", member: caller },
          { ...own, dependsOn: agent },
        );
      }
      new UptimeCheckConfig(`${name}-uptime-${service}`, uptimeCheck(asked), own);
      const { generic, slos } = objectivesOf(asked);
      const known = new GenericService(`${name}-objectives-${service}`, generic, own);
      for (const slo of slos) new Slo(`${name}-${slo.sloId}`, { ...slo, service: known.serviceId }, own);
    }
    this.registerOutputs();
  }
}
