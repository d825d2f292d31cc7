import { Secret as StoredSecret } from "@pulumi/gcp/secretmanager/secret.js";
import { SecretVersion } from "@pulumi/gcp/secretmanager/secretVersion.js";
import * as pulumi from "@pulumi/pulumi";
import { retention } from "../../../ecosystem/retention.ts";
import { type CloudRunDeployment, pairsOf } from "../../deployment.ts";
import { labelsOf } from "../../names.ts";
import { filesOf, storedSecrets } from "./secrets.ts";

/** The stack's secrets in Secret Manager, each with its newest version; and files that cannot be mounted in another way. */
export class SecretStore extends pulumi.ComponentResource {
  readonly #ids = new Map<string, pulumi.Output<string>>();

  constructor(
    name: string,
    { deployment }: { deployment: CloudRunDeployment },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("mahavishnu:cloud-run:SecretStore", name, {}, options);
    const { stack, settings } = deployment;
    const { project } = settings.cloudRun;
    const child = { parent: this };
    const store = (secretId: string, value: pulumi.Input<string>, annotations: Record<string, string>) => {
      const secret = new StoredSecret(
        `${name}-${secretId}`,
        { secretId, project, replication: { auto: {} }, labels: labelsOf(stack), annotations },
        child,
      );
      // an old version is disabled, not destroyed: data encrypted with it must not be lost by mistake
      new SecretVersion(
        `${name}-${secretId}-version`,
        { secret: secret.id, secretData: value, deletionPolicy: "DISABLE" },
        child,
      );
      this.#ids.set(secretId, secret.secretId);
    };
    for (const [secret, value] of storedSecrets(deployment)) {
      store(secret, value, { "rotation-days": String(retention.secretDays) });
    }
    for (const service of pairsOf(deployment).keys()) {
      for (const [file, content] of filesOf(service, deployment)) store(file, content, {});
    }
    this.registerOutputs({});
  }

  /** The id of a stored secret or file. */
  id(name: string): pulumi.Output<string> {
    const id = this.#ids.get(name);
    if (!id) throw new Error(`${name} is not in the secret store: it was requested but never added`);
    return id;
  }
}
