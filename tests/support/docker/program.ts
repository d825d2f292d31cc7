import { runtimeStack } from "../../../infra/runtime.ts";
import { deploymentOf, namedReleases } from "../../../infra/stack.ts";
import { deployCompose } from "../../../infra/targets/compose/deploy.ts";
import { othersAs } from "./images.ts";

/** The program on a Docker host, with one image of that host in the place of those that others publish. */
export default function main() {
  const { root, name, file, settings, secret } = runtimeStack();
  const releases = namedReleases(root, name, settings);
  const deployment = deploymentOf({ stack: name, file, target: "compose", settings, releases, secret });
  return deployCompose(deployment, othersAs(process.env.OTHERS_IMAGE ?? ""));
}
