import { type Deployment, type Outputs, revisionIds } from "../../deployment.ts";

/** Brings a stack into being on cloud-run. */
export function deployCloudRun(deployment: Deployment): Outputs {
  return { target: "cloud-run", urls: {}, previewUrls: {}, revisions: revisionIds(deployment), edgeAdmin: null };
}
