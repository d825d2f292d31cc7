import { rule } from "../check.ts";
import { listAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { demand, type Finding } from "../verdict.ts";

export const noWildcardIam = rule("no-wildcard-iam", {
  why: "an identity that may do everything is an intruder's first target",
  remedy: "grant only the role that is needed, on the resource that needs it",
  notApplicable: (view) => (view.resources.some(({ type }) => grants(type)) ? undefined : "the stack grants no roles"),
  each: (resource) => (grants(resource.type) ? [narrow(resource)] : []),
});

const grants = (type: string): boolean => /i?(IAM|Iam)(Member|Binding)$|:(Cluster)?Role(Binding)?$/.test(type);

function narrow(resource: Resource): Finding {
  const { type, props } = resource;
  if (type.endsWith("RoleBinding")) {
    return demand(textAt(props, "roleRef.name") !== "cluster-admin", resource, "it grants cluster-admin");
  }
  if (type.startsWith("kubernetes:")) {
    const all = listAt(props, "rules").some((rule) =>
      ["apiGroups", "resources", "verbs"].some((part) => listAt(rule, part).includes("*")),
    );
    return demand(!all, resource, "it has a wildcard in its API groups, resources or verbs");
  }
  const role = textAt(props, "role") ?? "";
  const broad = /^roles\/(owner|editor)$/.test(role) || (/^gcp:projects\//.test(type) && /admin$/i.test(role));
  return demand(!broad, resource, "it grants a role over the whole project");
}
