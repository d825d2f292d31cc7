import { at, listAt, objectAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";

export const GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway";
/** Envoy Gateway's policy for authentication. */
export const GUARD = "kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy";

/** Whether a gateway's class or annotations make it reachable from its own network only. */
export const isInternal = ({ props }: Resource): boolean =>
  /internal|-rilb/.test(textAt(props, "spec.gatewayClassName") ?? "") ||
  Object.entries(objectAt(props, "spec.infrastructure.annotations")).some(
    ([key, value]) => /internal|load-balancer-type/i.test(key) && /internal|true/i.test(String(value)),
  );

/** Whether every listener of a gateway terminates TLS with a certificate. */
export const speaksTls = ({ props }: Resource): boolean => {
  const listeners = listAt(props, "spec.listeners");
  return (
    listeners.length > 0 &&
    listeners.every((one) => at(one, "protocol") === "HTTPS" && listAt(one, "tls.certificateRefs").length > 0)
  );
};
