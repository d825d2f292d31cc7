import { basename, dirname } from "node:path/posix";
import type { cloudrunv2 } from "@pulumi/gcp/types/input.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../../ecosystem/secrets.ts";
import { databaseName, fileSecret, labelsOf } from "../../names.ts";
import { DATABASE_HOST } from "../../release/addresses.ts";
import type { IdentityProxy, Revision } from "../../release/revision.ts";
import { HEALTH_PORT, identityProxyArguments } from "./identity-proxy.ts";

type Template = cloudrunv2.ServiceTemplate;
type TemplateContainer = cloudrunv2.ServiceTemplateContainer;

/** A revision's environment: what belongs to the stack and not to the revision. */
export type Placement = {
  stack: string;
  serviceAccount: string;
  network: pulumi.Input<string>;
  subnetwork: pulumi.Input<string>;
  /** The id in Secret Manager of a secret or a file's content. */
  secret(name: Secret | ReturnType<typeof fileSecret>): pulumi.Input<string>;
};

/** Concurrent calls per instance: the servers were measured with this many (76 to 160 calls per second). */
const CONCURRENCY = 16;

/** Request timeout in seconds: the platform's maximum, for streams. */
const TIMEOUT = "3600s";

/**
 * A revision as a Cloud Run template, named by its id. Cloud Run rejects a different template under an existing name, so
 * everything here must follow from the revision or from what never changes in a stack: a change to this function applies only
 * to revisions created after it.
 */
export function template(revision: Revision, place: Placement): Template {
  const { identityProxy } = revision;
  const files = Object.entries(revision.files);
  return {
    revision: revision.id,
    labels: labelsOf(place.stack, revision),
    serviceAccount: place.serviceAccount,
    executionEnvironment: "EXECUTION_ENVIRONMENT_GEN2",
    timeout: TIMEOUT,
    maxInstanceRequestConcurrency: CONCURRENCY,
    scaling: { minInstanceCount: revision.instances.min, maxInstanceCount: revision.instances.max },
    sessionAffinity: false,
    vpcAccess: {
      egress: "PRIVATE_RANGES_ONLY",
      networkInterfaces: [{ network: place.network, subnetwork: place.subnetwork }],
    },
    containers: [server(revision, place), ...(identityProxy ? [proxy(identityProxy)] : [])],
    volumes: files.map(([path, content]) => ({
      name: volumeOf(path),
      secret: {
        secret: place.secret(fileSecret(revision.service, path, content)),
        items: [{ path: basename(path), version: "latest" }],
      },
    })),
  };
}

/** The server itself. Its folders are the image's own, in memory: nothing outlives an instance. */
function server(revision: Revision, place: Placement): TemplateContainer {
  const { image, command, port, environment, secrets, cpu, memoryMi, identityProxy } = revision;
  const [entrypoint = "", ...args] = command;
  const health = { httpGet: { path: revision.health, port }, timeoutSeconds: 5 };
  return {
    name: revision.service,
    image,
    commands: [entrypoint],
    args,
    ports: { containerPort: port },
    envs: [
      ...Object.entries(environment).map(([name, value]) => ({
        name,
        value: value.replaceAll(DATABASE_HOST, databaseName),
      })),
      // each instance reads the newest version at start, so a rotation needs no new revision
      ...Object.entries(secrets).map(([name, secret]) => ({
        name,
        valueSource: { secretKeyRef: { secret: place.secret(secret), version: "latest" } },
      })),
    ],
    resources: { limits: { cpu: String(cpu), memory: `${memoryMi}Mi` }, cpuIdle: true, startupCpuBoost: true },
    startupProbe: { ...health, periodSeconds: 5, failureThreshold: Math.ceil(revision.startupSeconds / 5) },
    livenessProbe: { ...health, periodSeconds: 15, failureThreshold: 3 },
    volumeMounts: Object.keys(revision.files).map((path) => ({ name: volumeOf(path), mountPath: dirname(path) })),
    ...(identityProxy && { dependsOns: [PROXY] }),
  };
}

const PROXY = "identity-proxy";

const proxy = ({ image, peers }: IdentityProxy): TemplateContainer => ({
  name: PROXY,
  image,
  args: identityProxyArguments(peers),
  resources: { limits: { cpu: "1", memory: "512Mi" }, cpuIdle: true, startupCpuBoost: true },
  startupProbe: {
    httpGet: { path: "/", port: HEALTH_PORT },
    ...{ timeoutSeconds: 1, periodSeconds: 1, failureThreshold: 30 },
  },
});

/** A volume name allows only lower-case letters, digits and dashes: `/app/repositories/repos.yaml` becomes `app-repositories`. */
const volumeOf = (path: string): string =>
  dirname(path)
    .slice(1)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
