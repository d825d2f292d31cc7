import { createHash } from "node:crypto";
import type { ServiceName } from "../ecosystem/services.ts";
import type { Revision } from "./release/revision.ts";

/**
 * The names of what we make, in one place. A stack has a project, a host or a namespace of its own only where a name
 * below does not carry the stack.
 */

/** The longest name of a stack: then every name below fits its platform, and a revision's stays one label of a DNS name. */
export const STACK_NAME_LIMIT = 24;

/** What is wrong with a stack's name, in words; undefined where nothing is. It is a part of the names below on every platform. */
export function stackNameFault(name: string): string | undefined {
  if (/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name) && name.length <= STACK_NAME_LIMIT) return undefined;
  return `stack ${name}: a stack is called by at most ${STACK_NAME_LIMIT} lower-case letters, digits and dashes, a letter first and no dash last. Example: prod-eu, in Pulumi.prod-eu.yaml`;
}

/** The one small machine of a Cloud Run stack for its single services. */
export const singletonsMachine = "singles";

/** Where a candidate answers on that machine: beside its stable. */
export const previewPort = (port: number): number => port + 10_000;

/** The service account of a service, or of that machine: 6 to 30 characters, in a project that is the stack's own. */
export const serviceAccountOf = (who: ServiceName | typeof singletonsMachine): string => `mcp-${who}`;
export const accountEmail = (who: ServiceName | typeof singletonsMachine, project: string): string =>
  `${serviceAccountOf(who)}@${project}.iam.gserviceaccount.com`;

/** What Secret Manager holds for a file that is not secret, where nothing else can be mounted as one: a name for its content. */
export const fileSecret = (service: ServiceName, path: string, content: string) =>
  `${service}-file-${createHash("sha256").update(`${path}\0${content}`).digest("hex").slice(0, 10)}` as const;

/** The private DNS zone of a Cloud Run stack's network: names for what has addresses that nobody knows beforehand. */
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

/** Where the edge tells its health and its counters inside a host's network or a cluster. */
export const edgeMetricsPort = 9902;

/** The ConfigMap that holds the edge of a cluster once a promoter has moved traffic; declared without data. */
export const edgeConfigMap = "edge-traffic";

/** In a namespace of its own nothing needs the stack in its name. What is a service's own there: its secrets, its volume. */
export const secretOf = (service: ServiceName): string => `${service}-secrets`;
export const claimOf = (service: ServiceName): string => `${service}-data`;

/** What a pod is, as the label that policies and monitors choose it by. */
export const component = (what: "service" | "edge" | "backup") => ({ component: what });

/** The buckets of a Google Cloud project for backups, and for the copies that are kept from harm. */
export const backupBucket = (project: string): string => `${project}-backups`;
export const vaultBucket = (project: string): string => `${project}-vault`;

/** A regular job on the backups: `backup-save`, `backup-databases`, `backup-check`. */
export const backupJobName = (job: { name: string }): string => `backup-${job.name}`;

/** The labels that everything carries which can carry labels: whose it is, and which revision. */
export const labelsOf = (stack: string, revision?: Pick<Revision, "service" | "id">): Record<string, string> => ({
  "managed-by": "pulumi",
  ecosystem: "mahavishnu",
  stack,
  ...(revision && { service: revision.service, revision: revision.id }),
});
