import { Provider } from "@pulumi/gcp/provider.js";
import type * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../../../ecosystem/services.ts";
import { type CloudRunDeployment, type Outputs, pairsOf } from "../../deployment.ts";
import { databaseName } from "../../names.ts";
import { CloudAlerting } from "./alerts/monitoring.ts";
import { Apis } from "./apis.ts";
import { CloudBackups } from "./backups/backups.ts";
import { Database } from "./database.ts";
import { ServiceIdentity } from "./identity.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { CloudLogs } from "./logs.ts";
import { SingletonsMachine } from "./machine.ts";
import { Network } from "./network.ts";
import { outputsOf } from "./outputs.ts";
import { PeerBalancer } from "./peers.ts";
import { callersOf, placementOf } from "./placement.ts";
import { Registry } from "./registry.ts";
import { SecretStore } from "./secret-store.ts";
import { CloudRunService } from "./service.ts";

/**
 * Deploys a stack to Google Cloud: the base resources that exist before the first release, then the services in start order,
 * their ingress, monitoring and backups.
 */
export function deployCloudRun(deployment: CloudRunDeployment): Outputs {
  const { stack, settings } = deployment;
  const cloud = settings.cloudRun;
  const { project, region, zone, domain } = cloud;
  const pairs = pairsOf(deployment);
  const { stateless, single } = placementOf(pairs);

  const google = new Provider("google", { project, region, zone });
  const apis = new Apis("apis", { cloud }, { provider: google });
  const after = (...needed: pulumi.Resource[]) => ({ provider: google, dependsOn: [apis, ...needed] });

  new CloudLogs("logs", { stack, cloud }, after());
  const registry = new Registry("registry", { deployment }, after());
  const network = new Network("network", { deployment }, after());
  const database = new Database("database", { deployment, network }, after());
  const store = new SecretStore("secrets", { deployment }, after());
  const identities = new Map(
    [...pairs.keys()].map((service) => [
      service,
      new ServiceIdentity(`${service}-identity`, { deployment, service, store }, after()),
    ]),
  );

  const started: pulumi.Resource[] = [database, store, ...identities.values()];
  const on = { deployment, network };
  const machine =
    single.size > 0 && new SingletonsMachine("singles", { ...on, single, identities, registry }, after(store));
  if (machine) started.push(machine);
  const callers = callersOf(stateless);
  const services = new Map<ServiceName, pulumi.Output<string>>();
  for (const [service, pair] of stateless) {
    const called = { ...on, service, pair, store, callers: callers.get(service) ?? [] };
    const run = new CloudRunService(service, called, after(...started));
    services.set(service, run.service.name);
    started.push(run);
  }

  if (domain !== undefined && stateless.size > 0) {
    new LoadBalancer("balancer", { deployment, domain, services: stateless }, after(...started));
    if (callers.size > 0) new PeerBalancer("peers", { ...on, called: [...callers.keys()] }, after(...started));
  }

  const reach = { databaseHost: databaseName, network: network.name, subnetwork: network.services.name };
  new CloudBackups(
    "backups",
    {
      ...{ backed: deployment, ...reach, secret: (name) => store.id(name) },
      ...(machine && { machine: machine.member }),
    },
    after(database, store, ...(machine ? [machine] : [])),
  );
  if (pairs.size > 0) new CloudAlerting("alerting", { deployment, services }, after(...started));
  return outputsOf(deployment);
}
