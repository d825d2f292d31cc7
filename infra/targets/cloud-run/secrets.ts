import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../../ecosystem/secrets.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import { backupJobs } from "../../backups/jobs.ts";
import { type CloudRunDeployment, revisionsOf } from "../../deployment.ts";
import { fileSecret } from "../../names.ts";
import { derivedSecrets } from "../../secrets/derived.ts";

type From = Pick<CloudRunDeployment, "settings" | "stable" | "candidate" | "secret">;
type Live = Pick<From, "stable" | "candidate">;

const revisionsOfService = (service: ServiceName, live: Live) =>
  revisionsOf(live).filter((revision) => revision.service === service);

/** The secrets that a service's revisions read. */
export const secretsOf = (service: ServiceName, live: Live): Secret[] =>
  [...new Set(revisionsOfService(service, live).flatMap(({ secrets }) => Object.values(secrets)))].sort();

/** The stack's secrets in Secret Manager: the values of all secrets that any part of it reads, by name. */
export function storedSecrets(deployment: From & { stack: string }): Map<Secret, pulumi.Output<string>> {
  const revisions = revisionsOf(deployment);
  const derived = derivedSecrets(revisions);
  const valueFor = (name: Secret) => {
    const how = derived.get(name);
    return how ? pulumi.secret(deployment.secret(how.from).apply(how.filled)) : deployment.secret(name);
  };
  const read = [
    ...revisions.flatMap(({ secrets }) => Object.values(secrets).sort()),
    ...backupJobs(deployment).flatMap(({ secrets }) => secrets),
  ];
  return new Map([...new Set(read)].map((name) => [name, valueFor(name)]));
}

/** The roles in the stack's database, each with its own database: one per service that keeps data there. */
export function databaseRoles(deployment: Live & Pick<From, "secret">) {
  const roles = new Map(
    revisionsOf(deployment).flatMap(({ service, database }) => (database ? [[service, database] as const] : [])),
  );
  return [...roles].map(([service, { name, user, password }]) => ({
    ...{ service, name, user },
    password: deployment.secret(password),
  }));
}

/** The contents of the files that a service's revisions on Cloud Run need, by secret name: Cloud Run mounts only secrets as files. */
export function filesOf(service: ServiceName, live: Live) {
  const files = revisionsOfService(service, live).flatMap(({ sessions, files }) =>
    sessions === "single" ? [] : Object.entries(files),
  );
  return new Map(files.map(([path, content]) => [fileSecret(service, path, content), content] as const));
}
