import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../../ecosystem/secrets.ts";
import { type ComposeDeployment, revisionsOf } from "../../deployment.ts";
import { derivedSecrets } from "../../secrets/derived.ts";

/** The values of a stack's secrets, including derived ones. */
export const secretValues = (deployment: Pick<ComposeDeployment, "stable" | "candidate" | "secret">) => {
  const all = derivedSecrets(revisionsOf(deployment));
  const { secret } = deployment;
  return (name: Secret): pulumi.Output<string> => {
    const derived = all.get(name);
    return derived ? pulumi.secret(secret(derived.from).apply(derived.filled)) : secret(name);
  };
};
