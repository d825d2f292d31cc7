import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import type { Props } from "../props.ts";
import type { Resource } from "../resource.ts";
import { guarded } from "../unknown.ts";

/** The policy server wraps unknown values in a proxy that throws; this key reads the value behind it. */
const BEHIND_THE_PROXY = "__getSpecialProxyTarget";

/** A resource as the policy server hands it to a policy. It does not say which inputs are secret. */
export function fromEngine(given: PolicyResource | ResourceValidationArgs): Resource {
  const { type, name, urn, opts } = given;
  let props: Props | undefined;
  return {
    type,
    name,
    urn,
    protect: opts.protect,
    // a resource that is judged before it is created comes without its references
    references: "propertyDependencies" in given ? urnsOf(given.propertyDependencies) : {},
    secretPaths: undefined,
    // most rules read only the type
    get props() {
      props ??= guarded((given.props[BEHIND_THE_PROXY] as object | undefined) ?? given.props, { type, name, urn });
      return props;
    },
  };
}

const urnsOf = (dependencies: PolicyResource["propertyDependencies"]): Resource["references"] =>
  Object.fromEntries(Object.entries(dependencies).map(([property, from]) => [property, from.map(({ urn }) => urn)]));
