import { rule } from "../check.ts";
import { listAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { demand, type Finding } from "../verdict.ts";

export const noWildcardIam = rule("no-wildcard-iam", {
  why: "an identity that may do everything is the one that an intruder looks for",
  remedy: "grant the one role, on the one resource, that is needed",
  notApplicable: (view) =>
    view.resources.some(({ type }) => grants(type)) ? undefined : "the stack grants nothing to anybody",
  each: (resource) => (grants(resource.type) ? [narrow(resource)] : []),
});

const grants = (type: string): boolean => /i?(IAM|Iam)(Member|Binding)$|:(Cluster)?Role(Binding)?$/.test(type);

function narrow(resource: Resource): Finding {
  const { type, props } = resource;
  if (type.endsWith("RoleBinding")) {
    return demand(
      textAt(props, "roleRef.name") !== "cluster-admin",
      resource,
      "it makes somebody the cluster's administrator",
    );
  }
  if (type.startsWith("kubernetes:")) {
    const all = listAt(props, "rules").some((rule) =>
      ["apiGroups", "resources", "verbs"].some((part) => listAt(rule, part).includes("*")),
    );
    return demand(!all, resource, "it allows everything of a kind");
  }
  const role = textAt(props, "role") ?? "";
  const broad = /^roles\/(owner|editor)$/.test(role) || (/^gcp:projects\//.test(type) && /admin$/i.test(role));
  return demand(!broad, resource, "it grants a role over everything");
}
