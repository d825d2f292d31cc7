import { SecretIamMember } from "@pulumi/gcp/secretmanager/secretIamMember.js";
import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { CloudRunDeployment } from "../../deployment.ts";
import { accountEmail, serviceAccountOf } from "../../names.ts";
import type { SecretStore } from "./secret-store.ts";
import { filesOf, secretsOf } from "./secrets.ts";

type ServiceIdentityArgs = { deployment: CloudRunDeployment; service: ServiceName; store: SecretStore };

/** A service's identity: its own service account, which can read its secrets and nothing else. */
export class ServiceIdentity extends pulumi.ComponentResource {
  constructor(
    name: string,
    { deployment, service, store }: ServiceIdentityArgs,
    options: pulumi.ComponentResourceOptions,
  ) {
    super("mahavishnu:cloud-run:ServiceIdentity", name, {}, options);
    const { project } = deployment.settings.cloudRun;
    const child = { parent: this };
    const member = `serviceAccount:${accountEmail(service, project)}`;
    const account = new Account(
      `${name}-account`,
      { accountId: serviceAccountOf(service), project, displayName: `${service} of the Mahavishnu MCP ecosystem` },
      child,
    );
    for (const secret of [...secretsOf(service, deployment), ...filesOf(service, deployment).keys()]) {
      new SecretIamMember(
        `${name}-reads-${secret}`,
        { project, secretId: store.id(secret), role: "roles/secretmanager.secretAccessor", member },
        { ...child, dependsOn: account },
      );
    }
    this.registerOutputs({});
  }
}
