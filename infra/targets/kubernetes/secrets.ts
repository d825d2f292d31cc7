import * as pulumi from "@pulumi/pulumi";
import { type Secret, secrets } from "../../../ecosystem/secrets.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { Settings } from "../../config/schema.ts";
import type { Deployment, Pair } from "../../deployment.ts";
import { databaseOf, databaseUrl } from "../../release/addresses.ts";

/** The secrets that a service's revisions read, each once. */
export const secretsOf = ({ stable, candidate }: Pair): Secret[] =>
  [...new Set([stable, candidate].flatMap((revision) => Object.values(revision?.secrets ?? {})))].sort();

/** Their values, marked as secret, by the name under which the service's Secret holds them. */
export function secretData(
  name: ServiceName,
  pair: Pair,
  { settings, secret }: Pick<Deployment, "settings" | "secret">,
): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(
    secretsOf(pair).map((key) => [
      key,
      secrets[key].origin === "derived"
        ? url(name, settings, secret(`${name}-database-password` as Secret))
        : secret(key),
    ]),
  );
}

function url(name: ServiceName, settings: Settings, password: pulumi.Output<string>): pulumi.Output<string> {
  const database = databaseOf(name, "kubernetes", settings);
  return pulumi.secret(password.apply((value) => databaseUrl(database, database.host, value)));
}
