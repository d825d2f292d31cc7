import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../../ecosystem/secrets.ts";
import type { KubernetesDeployment, Pair } from "../../deployment.ts";
import { derivedSecrets } from "../../secrets/derived.ts";

/** The distinct secrets that a service's revisions read. */
const secretsOf = ({ stable, candidate }: Pair): Secret[] =>
  [...new Set([stable, candidate].flatMap((revision) => Object.values(revision?.secrets ?? {})))].sort();

/** Their values, marked as secret, by key of the service's Secret. */
export function secretData(
  pair: Pair,
  { secret }: Pick<KubernetesDeployment, "secret">,
): Record<string, pulumi.Output<string>> {
  const all = derivedSecrets(pair.candidate ? [pair.stable, pair.candidate] : [pair.stable]);
  const filled = (name: Secret) => {
    const derived = all.get(name);
    return derived ? pulumi.secret(secret(derived.from).apply(derived.filled)) : secret(name);
  };
  return Object.fromEntries(secretsOf(pair).map((name) => [name, filled(name)]));
}
