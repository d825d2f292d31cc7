import { createHash } from "node:crypto";
import type { ServiceName } from "../ecosystem/services.ts";
import type { Revision } from "./release/revision.ts";

/**
 * The names of all resources, in one place. A stack needs its own project, host or namespace wherever a name below does not
 * include the stack.
 */

/** The longest stack name: with it every name below fits its platform, and a revision's name fits one DNS label. */
export const STACK_NAME_LIMIT = 24;

/** What is wrong with a stack name, or undefined. It is a part of the names below on every platform. */
export function stackNameFault(name: string): string | undefined {
  if (/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name) && name.length <= STACK_NAME_LIMIT) return undefined;
  return `stack ${name}: a stack name has at most ${STACK_NAME_LIMIT} lower-case letters, digits and dashes, starts with a letter and does not end with a dash. Example: prod-eu, in Pulumi.prod-eu.yaml`;
}

/** The small VM of a Cloud Run stack that runs its single services. */
export const singletonsMachine = "singles";

/** A candidate's port on that VM, beside its stable. */
export const previewPort = (port: number): number => port + 10_000;

/** The service account of a service or of that VM: 6 to 30 characters, in the stack's own project. */
export const serviceAccountOf = (who: ServiceName | typeof singletonsMachine): string => `mcp-${who}`;
export const accountEmail = (who: ServiceName | typeof singletonsMachine, project: string): string =>
  `${serviceAccountOf(who)}@${project}.iam.gserviceaccount.com`;

/** The name in Secret Manager of a non-secret file, since Cloud Run can mount only secrets as files; derived from its content. */
export const fileSecret = (service: ServiceName, path: string, content: string) =>
  `${service}-file-${createHash("sha256").update(`${path}\0${content}`).digest("hex").slice(0, 10)}` as const;

/** The private DNS zone of a Cloud Run stack's network: stable names for addresses that are assigned at creation. */
export const privateZone = "mahavishnu.internal";
export const databaseName = `postgres.${privateZone}`;

/** A name on a Docker host, in a cluster or a cloud: `mahavishnu-<stack>-<what>`. */
export const named = (stack: string, ...what: string[]): string => ["mahavishnu", stack, ...what].join("-");

/** The namespace of a stack in a cluster. */
export const namespaceOf = (stack: string): string => named(stack);

/** The edge of a stack on a Docker host, and the folder inside it that its Envoy watches. */
export const edgeContainer = (stack: string): string => named(stack, "edge");
export const edgeFolder = "/var/lib/edge";

/** The command of the edge agent in the promoter's image. */
export const AGENT = ["node", "/app/promotion/agent/main.ts"] as const;

/** The port of the edge's health and metrics inside a host's network or a cluster. */
export const edgeMetricsPort = 9902;

/** The edge's port for the Gateway; the service's own port is for calls between services. */
export const gatewayPort = (port: number): number => port + 10_000;

/** The ConfigMap that holds the edge of a cluster once a promoter has moved traffic; declared without data. */
export const edgeConfigMap = "edge-traffic";

/** A service's secrets and volume in a cluster. Names inside the stack's own namespace do not include the stack. */
export const secretOf = (service: ServiceName): string => `${service}-secrets`;
export const claimOf = (service: ServiceName): string => `${service}-data`;

/** The label by which network policies and pod monitors select a pod. */
export const component = (what: "service" | "edge" | "backup") => ({ component: what });

/** The buckets of a Google Cloud project for backups, and for their protected copies. */
export const backupBucket = (project: string): string => `${project}-backups`;
export const vaultBucket = (project: string): string => `${project}-vault`;

/** A scheduled backup job: `backup-save`, `backup-databases`, `backup-check`. */
export const backupJobName = (job: { name: string }): string => `backup-${job.name}`;

/** The labels of every resource that supports labels: its owner, and its revision. */
export const labelsOf = (stack: string, revision?: Pick<Revision, "service" | "id">): Record<string, string> => ({
  "managed-by": "pulumi",
  ecosystem: "mahavishnu",
  stack,
  ...(revision && { service: revision.service, revision: revision.id }),
});
