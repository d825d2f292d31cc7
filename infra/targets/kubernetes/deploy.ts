import { type Deployment, type Outputs, revisionIds } from "../../deployment.ts";

/** Brings a stack into being on kubernetes. */
export function deployKubernetes(deployment: Deployment): Outputs {
  return { target: "kubernetes", urls: {}, previewUrls: {}, revisions: revisionIds(deployment), edgeAdmin: null };
}
