import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { revisionIds } from "../../../infra/deployment.ts";
import { promotionGuard } from "../../../infra/promotion-guard.ts";
import { runtimeStack } from "../../../infra/runtime.ts";
import { deploymentOf, namedReleases } from "../../../infra/stack.ts";
import { deployCompose } from "../../../infra/targets/compose/deploy.ts";
import { othersAs } from "./images.ts";

/** The program on a Docker host, with one image of that host in the place of those that others publish. */
export default async function main() {
  const { root, name, file, settings, secret } = runtimeStack();
  const releases = namedReleases(root, name, settings);
  const deployment = deploymentOf({ stack: name, file, target: "compose", settings, releases, secret });
  const guard = promotionGuard(join(root, ".maha", name), pulumi.runtime.isDryRun());
  const declared = { stack: name, target: "compose", settings, services: revisionIds(deployment) } as const;
  const barrier = await guard.admit(declared);
  return deployCompose({ ...deployment, barrier }, othersAs(process.env.OTHERS_IMAGE ?? ""));
}
