import { type Deployment, type Outputs, revisionIds } from "../../deployment.ts";

/** Brings a stack into being on compose. */
export function deployCompose(deployment: Deployment): Outputs {
  return { target: "compose", urls: {}, previewUrls: {}, revisions: revisionIds(deployment), edgeAdmin: null };
}
