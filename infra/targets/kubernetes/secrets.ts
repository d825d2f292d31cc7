import * as pulumi from "@pulumi/pulumi";
import { type Secret, secrets } from "../../../ecosystem/secrets.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import { databasePassword } from "../../backups/jobs.ts";
import type { Deployment, Pair } from "../../deployment.ts";
import { databaseOf, databaseUrl } from "../../release/addresses.ts";

/** The secrets that a service's revisions read, each once. */
const secretsOf = ({ stable, candidate }: Pair): Secret[] =>
  [...new Set([stable, candidate].flatMap((revision) => Object.values(revision?.secrets ?? {})))].sort();

/** Their values, marked as secret, by the name under which the service's Secret holds them. */
export function secretData(
  service: ServiceName,
  pair: Pair,
  { settings, secret }: Pick<Deployment, "settings" | "secret">,
): Record<string, pulumi.Output<string>> {
  const filled = (name: Secret) => {
    const password = secrets[name].origin === "derived" && databasePassword[service];
    if (!password) return secret(name);
    const database = databaseOf(service, "kubernetes", settings);
    return pulumi.secret(secret(password).apply((value) => databaseUrl(database, database.host, value)));
  };
  return Object.fromEntries(secretsOf(pair).map((name) => [name, filled(name)]));
}
