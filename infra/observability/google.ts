import { AlertPolicy } from "@pulumi/gcp/monitoring/alertPolicy.js";
import { GenericService } from "@pulumi/gcp/monitoring/genericService.js";
import { Slo } from "@pulumi/gcp/monitoring/slo.js";
import { UptimeCheckConfig } from "@pulumi/gcp/monitoring/uptimeCheckConfig.js";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../../ecosystem/services.ts";
import type { CloudRunSettings, Settings } from "../config/schema.ts";
import type { Deployment } from "../deployment.ts";
import { objectivesOf, policy, uptimeCheck } from "./google-policies.ts";
import { CloudReceivers } from "./google-receivers.ts";
import { rulesFor } from "./rules.ts";

/** A service on Cloud Run as users reach it: the name that Google's series carry, and the host that answers them by https. */
export type Watched = { service: ServiceName; runName: string; host: pulumi.Input<string> };

/**
 * When Google Cloud alerts about a stack, and whom it tells. The Monitoring service agent calls each service, so it must
 * be one of its invokers: `uptimeCaller` (google-policies.ts).
 */
export class CloudAlerting extends pulumi.ComponentResource {
  constructor(
    name: string,
    args: {
      stack: string;
      cloud: CloudRunSettings;
      alerts: Settings["alerts"];
      watched: readonly Watched[];
      secret: Deployment["secret"];
    },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("mahavishnu:observability:CloudAlerting", name, {}, options);
    const { stack, cloud, alerts, watched, secret } = args;
    const own = { parent: this };
    const receivers = new CloudReceivers(`${name}-receivers`, { stack, cloud, alerts, secret }, own);
    for (const rule of rulesFor({ target: "cloud-run" })) {
      new AlertPolicy(
        `${name}-${rule.alert}`,
        { ...policy(rule, { stack, cloud }), notificationChannels: receivers.of(alerts[rule.priority]) },
        own,
      );
    }
    for (const one of watched) {
      new UptimeCheckConfig(`${name}-uptime-${one.service}`, uptimeCheck(one, { stack, cloud }), own);
      const { service, slos } = objectivesOf(one, { stack, cloud });
      const generic = new GenericService(`${name}-service-${one.service}`, service, own);
      for (const slo of slos) {
        new Slo(`${name}-${slo.sloId}`, { ...slo, service: generic.serviceId }, own);
      }
    }
    this.registerOutputs();
  }
}
