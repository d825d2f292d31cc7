import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../../ecosystem/secrets.ts";
import type { ComposeDeployment } from "../../deployment.ts";
import { derivedSecret } from "../../secrets/derived.ts";

/** The values of a stack's secrets, also of those that are put together from others. */
export const secretValues =
  ({ settings, secret }: Pick<ComposeDeployment, "settings" | "secret">) =>
  (name: Secret): pulumi.Output<string> => {
    const derived = derivedSecret(name, settings);
    return derived ? pulumi.secret(secret(derived.from).apply(derived.filled)) : secret(name);
  };
