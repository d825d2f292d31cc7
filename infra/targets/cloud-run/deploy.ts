import { Provider } from "@pulumi/gcp/provider.js";
import type * as pulumi from "@pulumi/pulumi";
import { serviceNames } from "../../../ecosystem/services.ts";
import { CloudBackups } from "../../backups/cloud.ts";
import { settingsOf } from "../../config/settings.ts";
import { type Deployment, type Outputs, pairsOf } from "../../deployment.ts";
import { accountEmail, databaseName } from "../../names.ts";
import { CloudAlerting } from "../../observability/google.ts";
import { CloudLogs } from "../../observability/google-logs.ts";
import { invokersOf } from "./access.ts";
import { Apis } from "./apis.ts";
import { Database } from "./database.ts";
import { ServiceIdentity } from "./identity.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { SinglesMachine } from "./machine.ts";
import { machineContent } from "./machine-script.ts";
import { Network } from "./network.ts";
import { outputsOf } from "./outputs.ts";
import { PeerBalancer } from "./peers.ts";
import { callersOf, placementOf } from "./placement.ts";
import { Registry } from "./registry.ts";
import { SecretStore } from "./secret-store.ts";
import { databaseRoles, filesOf, secretsOf, storedSecrets } from "./secrets.ts";
import { CloudRunService } from "./service.ts";

/**
 * Brings a stack into being on Google Cloud: the ground that is there before the first release, then the services in the
 * order in which they start, the ways to them, and what watches and saves them.
 */
export function deployCloudRun(deployment: Deployment): Outputs {
  const { stack, settings, images } = deployment;
  const cloud = settingsOf(settings, "cloud-run", "the stack's settings");
  const { project, region, zone, domain } = cloud;
  const { stateless, single } = placementOf(pairsOf(deployment));

  const google = new Provider("google", { project, region, zone });
  const apis = new Apis("apis", { cloud }, { provider: google });
  const after = (...needed: pulumi.Resource[]) => ({ provider: google, dependsOn: [apis, ...needed] });

  new CloudLogs("logs", { stack, cloud }, after());
  const registry = new Registry("registry", { stack, project, region, images }, after());
  const network = new Network("network", { stack, project, region }, after());
  const roles = databaseRoles(deployment);
  const backups = settings.backups.daily;
  const database = new Database("database", { stack, cloud, backups, network, roles }, after());
  const files = new Map(serviceNames.flatMap((service) => [...filesOf(service, deployment)]));
  const store = new SecretStore("secrets", { stack, project, secrets: storedSecrets(deployment), files }, after());
  const identities = new Map(
    serviceNames.map((service) => {
      const read = [...secretsOf(service, deployment), ...filesOf(service, deployment).keys()];
      return [service, new ServiceIdentity(`${service}-identity`, { service, project, read, store }, after())] as const;
    }),
  );

  const machine =
    single.size > 0 &&
    new SinglesMachine(
      "singles",
      {
        ...{ stack, cloud, network, registry },
        identities: new Map([...identities].filter(([service]) => single.has(service))),
        snapshotDays: backups,
        content: machineContent(deployment, single),
      },
      after(store),
    );

  const callers = callersOf(stateless);
  const started: pulumi.Resource[] = [database, store, ...identities.values(), ...(machine ? [machine] : [])];
  const services = [...stateless].map(([service, pair]) => {
    const run = new CloudRunService(
      service,
      {
        ...{ service, pair, settings },
        place: {
          stack,
          serviceAccount: accountEmail(service, project),
          network: network.name,
          subnetwork: network.services.name,
          secret: (name) => store.id(name),
        },
        invokers: invokersOf(cloud, callers.get(service) ?? []),
      },
      after(...started),
    );
    started.push(run);
    return [service, run.service.name] as const;
  });
  if (domain !== undefined && stateless.size > 0) {
    const { rateLimit } = settings.edge;
    new LoadBalancer("balancer", { stack, cloud, rateLimit, domain, services: stateless }, after(...started));
    const called = [...callers.keys()].filter((service) => stateless.has(service));
    if (called.length > 0) new PeerBalancer("peers", { stack, cloud, network, called }, after(...started));
  }

  new CloudBackups(
    "backups",
    {
      backed: deployment,
      secret: (name) => store.id(name),
      databaseHost: databaseName,
      network: network.name,
      subnetwork: network.services.name,
      ...(machine && { machine: machine.member }),
    },
    after(database, store),
  );
  if (services.length > 0) {
    new CloudAlerting("alerting", { deployment, services: new Map(services) }, after(...started));
  }
  return outputsOf(deployment);
}
