import type { OthersImages } from "../../../ecosystem/images.ts";
import { type ComposeDeployment, type Outputs, revisionIds } from "../../deployment.ts";
import { named } from "../../names.ts";
import { describeCompose } from "./description.ts";
import { ComposeHost } from "./host.ts";
import { composeOutputs } from "./outputs.ts";
import { secretValues } from "./secrets.ts";

/** Deploys a stack to one Docker host. `images` overrides third-party images. */
export function deployCompose(deployment: ComposeDeployment, images?: OthersImages): Outputs {
  const { stack, settings, barrier } = deployment;
  const { host, registry } = settings.compose;
  const description = describeCompose(deployment, images);
  new ComposeHost(named(stack), { host, registry, description, secret: secretValues(deployment), barrier });
  return { target: "compose", ...composeOutputs(deployment), revisions: revisionIds(deployment) };
}
