import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import type { SettingsOn } from "../../config/schema.ts";
import { labelsOf, namespaceOf } from "../../names.ts";
import { backupPolicy, basePolicies } from "./network.ts";

/** A stack's namespace: it admits only restricted pods, and denies all network traffic by default. */
export class StackNamespace extends pulumi.ComponentResource {
  /** The namespace's name, known once it exists. */
  readonly namespace: pulumi.Output<string>;
  readonly provider: Provider;

  constructor(name: string, { stack, settings }: { stack: string; settings: SettingsOn<"kubernetes"> }) {
    super("mahavishnu:kubernetes:Namespace", name);
    // ConfigMaps and Secrets are updated in place: a replacement would leave a gap, and would empty the promoter's
    const { context } = settings.kubernetes;
    const how = { context, enableConfigMapMutable: true, enableSecretMutable: true };
    this.provider = new Provider(`${name}-provider`, how, { parent: this });
    const own = { parent: this, provider: this.provider };
    const namespace = new Namespace(
      name,
      { metadata: { name: namespaceOf(stack), labels: { ...labelsOf(stack), ...podSecurity } } },
      own,
    );
    this.namespace = namespace.metadata.name;
    for (const [policy, spec] of Object.entries({ ...basePolicies, backup: backupPolicy(settings) })) {
      const metadata = { name: policy, namespace: this.namespace, labels: labelsOf(stack) };
      new NetworkPolicy(`${name}-${policy}`, { metadata, spec }, own);
    }
    this.registerOutputs({ namespace: this.namespace });
  }
}

const podSecurity = Object.fromEntries(
  ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
);
