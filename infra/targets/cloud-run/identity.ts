import { SecretIamMember } from "@pulumi/gcp/secretmanager/secretIamMember.js";
import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../../../ecosystem/services.ts";
import { accountEmail, serviceAccountOf } from "../../names.ts";
import type { SecretStore } from "./secret-store.ts";

type Args = {
  service: ServiceName;
  project: string;
  /** What it reads, by its name in the store. */
  read: readonly string[];
  store: SecretStore;
};

/** Who a service is: an account of its own that reads its secrets and nothing else. */
export class ServiceIdentity extends pulumi.ComponentResource {
  constructor(name: string, { service, project, read, store }: Args, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:cloud-run:ServiceIdentity", name, {}, options);
    const child = { parent: this };
    const member = `serviceAccount:${accountEmail(service, project)}`;
    const account = new Account(
      `${name}-account`,
      { accountId: serviceAccountOf(service), project, displayName: `${service} of the Mahavishnu MCP ecosystem` },
      child,
    );
    for (const secret of read) {
      new SecretIamMember(
        `${name}-reads-${secret}`,
        { project, secretId: store.id(secret), role: "roles/secretmanager.secretAccessor", member },
        { ...child, dependsOn: account },
      );
    }
    this.registerOutputs({});
  }
}
