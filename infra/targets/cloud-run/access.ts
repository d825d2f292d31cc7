import { createHash } from "node:crypto";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { CloudRunSettings } from "../../config/schema.ts";
import { accountEmail } from "../../names.ts";

/** Who calls a Cloud Run service: a name for the resource, and the member that IAM knows. */
export type Invoker = { name: string; member: string };

/**
 * The invokers of a service, each by name: with `iam` those of the settings, with `iap` the proxy that has let them in;
 * and the services that call it as a peer. Never everybody: nothing behind Cloud Run's door asks who is there.
 */
export function invokersOf(
  { access, invokers, project, projectNumber }: CloudRunSettings,
  callers: readonly ServiceName[],
): Invoker[] {
  const people =
    access === "iam"
      ? invokers.map((member) => ({ name: nameOf(member), member }))
      : [{ name: "iap", member: `serviceAccount:service-${projectNumber}@gcp-sa-iap.iam.gserviceaccount.com` }];
  return [...people, ...callers.map((name) => ({ name, member: `serviceAccount:${accountEmail(name, project)}` }))];
}

/**
 * A member as a part of a resource's name: `group:mcp@acme.dev` is `group-mcp-acme-dev-` and the beginning of a hash, since
 * another address may read the same without its signs. Capitals make no other member of it.
 */
export function nameOf(member: string): string {
  const address = member.toLowerCase();
  const hash = createHash("sha256").update(address).digest("hex").slice(0, 6);
  return `${address.replaceAll(/[^a-z0-9]+/g, "-")}-${hash}`;
}
