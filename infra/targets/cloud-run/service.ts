import { Service } from "@pulumi/gcp/cloudrunv2/service.js";
import { ServiceIamMember } from "@pulumi/gcp/cloudrunv2/serviceIamMember.js";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../../../ecosystem/services.ts";
import { DECLARED_ANNOTATION, declaredSplits, encodeDeclared } from "../../../edge/declared-split.ts";
import type { CloudRunDeployment, Pair } from "../../deployment.ts";
import { accountEmail, labelsOf } from "../../names.ts";
import { cloudRunUrl } from "../../release/addresses.ts";
import { invokersOf } from "./access.ts";
import type { Network } from "./network.ts";
import type { SecretStore } from "./secret-store.ts";
import { type Placement, template } from "./template.ts";
import { restingTraffic } from "./traffic.ts";

type CloudRunServiceArgs = {
  deployment: CloudRunDeployment;
  service: ServiceName;
  pair: Pair;
  /** The services that call it as a peer. */
  callers: readonly ServiceName[];
  network: Network;
  store: SecretStore;
};

/** A stateless service on Cloud Run: its revisions, its resting traffic and its invokers. */
export class CloudRunService extends pulumi.ComponentResource {
  readonly service: Service;

  constructor(name: string, args: CloudRunServiceArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:cloud-run:Service", name, {}, options);
    const { service, network, store } = args;
    const { stack, settings } = args.deployment;
    const cloud = settings.cloudRun;
    const { project, region, domain } = cloud;
    const { stable, candidate } = args.pair;
    const place: Placement = {
      stack,
      serviceAccount: accountEmail(service, project),
      network: network.name,
      subnetwork: network.services.name,
      secret: (name) => store.id(name),
    };
    // behind a load balancer its own URL is disabled, and tokens are issued for the URL that clients use
    const behindBalancer = {
      ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
      defaultUriDisabled: true,
      customAudiences: [cloudRunUrl(service, settings)],
    };
    this.service = new Service(
      `${name}-service`,
      {
        name: service,
        project,
        location: region,
        labels: labelsOf(stack),
        annotations: { [DECLARED_ANNOTATION]: encodeDeclared(declaredSplits([{ name: service, ...args.pair }])) },
        deletionProtection: true,
        invokerIamDisabled: false,
        ...(domain === undefined ? { ingress: "INGRESS_TRAFFIC_ALL", defaultUriDisabled: false } : behindBalancer),
        // a service has only one template: the newest revision's
        template: template(candidate ?? stable, place),
        traffics: restingTraffic(stable.id, candidate?.id),
      },
      // other clients of the platform write their names there
      {
        parent: this,
        ignoreChanges: ["client", "clientVersion", "scaling"],
        hooks: args.deployment.barrier.hooks,
      },
    );
    for (const { name: who, member } of invokersOf(cloud, args.callers)) {
      new ServiceIamMember(
        `${name}-called-by-${who}`,
        { project, location: region, name: this.service.name, role: "roles/run.invoker", member },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}
