import * as pulumi from "@pulumi/pulumi";
import { type Secret, secrets } from "../../../ecosystem/secrets.ts";
import { services } from "../../../ecosystem/services.ts";
import { databasePassword } from "../../backups/jobs.ts";
import type { Deployment } from "../../deployment.ts";
import { databaseOf, databaseUrl } from "../../release/addresses.ts";

/** The values of a stack's secrets, also of those that are put together from others. */
export const secretValues =
  ({ settings, secret }: Pick<Deployment, "settings" | "secret">) =>
  (name: Secret): pulumi.Output<string> => {
    if (secrets[name].origin !== "derived") return secret(name);
    const service = services.find((service) => name === `${service.name}-database-url`);
    const password = service && databasePassword[service.name];
    if (!password) throw new Error(`${name}: nobody says how this secret is put together`);
    const database = databaseOf(service.name, "compose", settings);
    return pulumi.secret(secret(password).apply((value) => databaseUrl(database, database.host, value)));
  };
