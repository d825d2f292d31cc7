import * as pulumi from "@pulumi/pulumi";
import { type Secret, secrets } from "../../../ecosystem/secrets.ts";
import { type ServiceName, serviceNamed, serviceNames } from "../../../ecosystem/services.ts";
import { backupJobs, databasePassword } from "../../backups/jobs.ts";
import type { CloudRunDeployment } from "../../deployment.ts";
import { databaseName, fileSecret } from "../../names.ts";
import { databaseOf, databaseUrl } from "../../release/addresses.ts";

type From = Pick<CloudRunDeployment, "settings" | "stable" | "candidate" | "secret">;

/** The secrets that a service reads: those it has today, and those of its revisions. */
export function secretsOf(service: ServiceName, { stable, candidate }: Pick<From, "stable" | "candidate">): Secret[] {
  const revisions = [stable.get(service), candidate.get(service)];
  const bindings = [serviceNamed(service), ...revisions].flatMap((bound) => Object.values(bound?.secrets ?? {}));
  return [...new Set(bindings)].sort();
}

/** What Secret Manager holds of a stack: the values of all secrets that something of it reads, by name. */
export function storedSecrets(deployment: CloudRunDeployment): Map<Secret, pulumi.Output<string>> {
  const ofServices = serviceNames.flatMap((service) =>
    secretsOf(service, deployment).map((secret) => [secret, valueFor(secret, service, deployment)] as const),
  );
  const ofBackups = backupJobs(deployment)
    .flatMap((job) => job.secrets)
    .map((secret) => [secret, deployment.secret(secret)] as const);
  return new Map([...ofServices, ...ofBackups]);
}

/** The roles in the stack's database, each with a database of its own: one for each service that has its data there. */
export function databaseRoles({ settings, secret }: Pick<From, "settings" | "secret">) {
  return serviceNames.flatMap((service) => {
    const password = databasePassword[service];
    if (password === undefined) return [];
    const { name, user } = databaseOf(service, settings);
    return [{ service, name, user, password: secret(password) }];
  });
}

/** The contents of files that a service's revisions on Cloud Run need, by the name for them: it mounts nothing else as a file. */
export function filesOf(service: ServiceName, { stable, candidate }: Pick<From, "stable" | "candidate">) {
  const revisions = [stable.get(service), candidate.get(service)];
  const files = revisions.flatMap((revision) =>
    revision?.sessions === "single" ? [] : Object.entries(revision?.files ?? {}),
  );
  return new Map(files.map(([path, content]) => [fileSecret(service, path, content), content] as const));
}

function valueFor(secret: Secret, service: ServiceName, { settings, secret: given }: From): pulumi.Output<string> {
  const password = databasePassword[service];
  if (secrets[secret].origin !== "derived" || password === undefined) return given(secret);
  const database = databaseOf(service, settings);
  return pulumi.secret(given(password).apply((value) => databaseUrl(database, databaseName, value)));
}
