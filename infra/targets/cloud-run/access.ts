import { createHash } from "node:crypto";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { CloudRunSettings } from "../../config/schema.ts";
import { accountEmail } from "../../names.ts";

/** A caller of a Cloud Run service: a name for the resource, and the IAM member. */
export type Invoker = { name: string; member: string };

/**
 * The invokers of a service, by name: with `iam` those in the settings, with `iap` the proxy that authenticated them; and
 * the services that call it as a peer. Never `allUsers`: the servers behind Cloud Run do not authenticate callers.
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
 * A member as part of a resource name: `group:mcp@acme.dev` becomes `group-mcp-acme-dev-` and a short hash, since other
 * addresses may give the same letters. Case is ignored.
 */
export function nameOf(member: string): string {
  const address = member.toLowerCase();
  const hash = createHash("sha256").update(address).digest("hex").slice(0, 6);
  return `${address.replaceAll(/[^a-z0-9]+/g, "-")}-${hash}`;
}
