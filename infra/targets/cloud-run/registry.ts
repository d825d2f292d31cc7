import { Repository } from "@pulumi/gcp/artifactregistry/repository.js";
import * as pulumi from "@pulumi/pulumi";
import type { CloudRunDeployment } from "../../deployment.ts";
import { labelsOf } from "../../names.ts";
import { cleanUpPolicies } from "./clean-up.ts";

/** The name of the repository: images are `<region>-docker.pkg.dev/<project>/mcp/<service>`. */
const REPOSITORY = "mcp";

/** The registry of a stack's images. */
export class Registry extends pulumi.ComponentResource {
  readonly repository: Repository;

  constructor(
    name: string,
    { deployment }: { deployment: CloudRunDeployment },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("mahavishnu:cloud-run:Registry", name, {}, options);
    const { stack, settings, images } = deployment;
    const { project, region } = settings.cloudRun;
    this.repository = new Repository(
      `${name}-repository`,
      {
        repositoryId: REPOSITORY,
        project,
        location: region,
        format: "DOCKER",
        description: "The images of the Mahavishnu MCP ecosystem",
        labels: labelsOf(stack),
        cleanupPolicies: cleanUpPolicies(images),
        cleanupPolicyDryRun: false,
      },
      // without its images no release of this stack could ever be deployed again
      { parent: this, protect: true },
    );
    this.registerOutputs({ repository: this.repository.name });
  }
}
