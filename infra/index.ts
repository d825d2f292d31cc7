import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Outputs } from "./deployment.ts";
import { program } from "./program.ts";
import { promotionGuard } from "./promotion-guard.ts";
import { runtimeStack } from "./runtime.ts";
import { checkPublished, checkSecrets, deploymentOf, namedReleases } from "./stack.ts";
import { withoutPromiseTraces } from "./traces.ts";

/** The entry point of `pulumi preview` and `pulumi up`. A refusal is a single line, before anything is registered. */
export default async function main(): Promise<Outputs> {
  withoutPromiseTraces();
  const preview = pulumi.runtime.isDryRun();
  try {
    const { root, name, file, settings, secretsSet, secret } = runtimeStack();
    const { target } = settings;
    const releases = namedReleases(root, name, settings);
    if (!preview) checkPublished(releases, settings, { stack: name, file });
    const deployment = deploymentOf({ stack: name, file, target, settings, releases, secret });
    checkSecrets(secretsSet, deployment);
    return await program(deployment, promotionGuard(join(root, ".maha", name), preview));
  } catch (error) {
    if (isFault(error)) throw error;
    throw new pulumi.RunError((error as Error).message);
  }
}

/** True for errors that only a bug in the program raises, which need a stack trace; all others concern the user's input or environment. */
const isFault = (error: unknown): boolean =>
  [TypeError, ReferenceError, SyntaxError, RangeError].some((kind) => error instanceof kind);
