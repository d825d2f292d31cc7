import { type ServiceName, serviceNamed } from "../../ecosystem/services.ts";
import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import { at, listAt, numberAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { demand, type Finding, fail, pass } from "../verdict.ts";
import { SERVICE } from "../view/cloud-run.ts";
import { GATEWAY, GUARD, isInternal } from "../view/gateway.ts";
import { INSTANCE } from "../view/machine.ts";
import { isLoopback, listenerAt } from "../view/ports.ts";
import type { View } from "../view/view.ts";

/** 3 - Authentication: only authenticated callers reach a service. */
export const authentication = check(3, "authentication", {
  why: "the servers do not authenticate callers themselves, so anyone who reaches one can use all of its tools",
  remedy:
    "allow only known callers: named invokers on Cloud Run, an edge or gateway that authenticates, or a loopback address",
  each: (resource) => (resource.type.startsWith("gcp:") ? openToAll(resource) : []),
  judge: (view, facts) => [
    ...view.services.flatMap((container) =>
      container.variables
        .filter(({ name }) => name === serviceNamed(container.service as ServiceName).authentication)
        .map(({ name, secret }) => demand(secret !== undefined, container, `${name} is not read from a secret`)),
    ),
    demand(allBound(view), "stack", "a service's authentication secret is not bound to it"),
    ...entrances(view),
    ...proofOf("secrets", view, facts),
  ],
});

/** True if every service that can authenticate callers has the variable for it, and there is such a service. */
function allBound({ services }: View): boolean {
  const able = services.flatMap(({ service, variables }) => {
    const { authentication } = serviceNamed(service as ServiceName);
    return authentication === null ? [] : [variables.some(({ name }) => name === authentication)];
  });
  return able.length > 0 && able.every(Boolean);
}

/** Resources that grant access to everyone by themselves. */
function openToAll(resource: Resource): Finding[] {
  const { type, props } = resource;
  if (type === SERVICE) {
    return [
      demand(at(props, "invokerIamDisabled") !== true, resource, "anyone may call it: invokerIamDisabled is set"),
    ];
  }
  if (type === INSTANCE) {
    const open = listAt(props, "networkInterfaces").some((one) => at(one, "accessConfigs") !== undefined);
    return [demand(!open, resource, "the machine has a public IP address")];
  }
  if (type === "gcp:compute/firewall:Firewall") {
    const open = listAt(props, "sourceRanges").some((range) => range === "0.0.0.0/0" || range === "::/0");
    return [demand(!open || at(props, "direction") === "EGRESS", resource, "it allows traffic from any address")];
  }
  if (/IamPolicy|IAMPolicy/.test(type)) {
    const open = /allUsers|allAuthenticatedUsers/.test(textAt(props, "policyData") ?? "");
    return [demand(!open, resource, "it grants access to everyone")];
  }
  if (!/IamMember|IAMMember|IamBinding|IAMBinding/.test(type)) return [];
  const members = [...listAt(props, "members"), isKnown(props) ? textAt(props, "member") : undefined];
  const isPublic = members.some((member) => member === "allUsers" || member === "allAuthenticatedUsers");
  return isPublic ? [fail(resource, "it grants access to everyone")] : [];
}

/** A member that is not known yet is an account that the program itself creates. */
function isKnown(props: Resource["props"]): boolean {
  try {
    return textAt(props, "member") !== undefined;
  } catch {
    return false;
  }
}

function entrances(view: View): Finding[] {
  switch (view.target) {
    case "cloud-run":
      return view.of(SERVICE).map((service) => {
        const invoked = view
          .of("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "gcp:cloudrunv2/serviceIamBinding:ServiceIamBinding")
          .some(
            ({ props }) => at(props, "name") === at(service.props, "name") && at(props, "role") === "roles/run.invoker",
          );
        return demand(invoked, service, "no member has roles/run.invoker on it");
      });
    case "compose":
      return view.containers.flatMap((container) =>
        container.ports
          .filter(({ published }) => published !== undefined)
          .map(({ port, published = "" }) =>
            isLoopback(published) || listenerAt(container, port, view.listeners)?.authenticates
              ? pass(container)
              : fail(
                  container,
                  `port ${port} is reachable from outside the host, and the edge does not authenticate callers`,
                ),
          ),
      );
    case "kubernetes":
      return [
        ...view
          .of(GATEWAY)
          .map((gateway) =>
            demand(
              isInternal(gateway) || view.of(GUARD).length > 0 || allAuthenticate(view),
              gateway,
              "neither this gateway nor the edge behind it authenticates callers",
            ),
          ),
        ...view.of("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute").map((route) =>
          demand(
            backendPorts(route).every((port) => view.listeners.some((one) => one.port === port)),
            route,
            "it routes around the edge, or to an edge port reserved for calls between services",
          ),
        ),
        ...view
          .of("kubernetes:core/v1:Service")
          .filter(({ props }) => ["LoadBalancer", "NodePort"].includes(textAt(props, "spec.type") ?? ""))
          .map((service) => fail(service, "it is reachable from outside and bypasses the gateway")),
        ...view
          .of("kubernetes:networking.k8s.io/v1:Ingress")
          .map((ingress) => fail(ingress, "it lets callers bypass the gateway")),
      ];
    case undefined:
      return [];
  }
}

const backendPorts = ({ props }: Resource): (number | undefined)[] =>
  listAt(props, "spec.rules")
    .flatMap((rule) => listAt(rule, "backendRefs"))
    .map((backend) => numberAt(backend, "port"));

const allAuthenticate = ({ listeners }: View): boolean =>
  listeners.length > 0 && listeners.every(({ authenticates }) => authenticates);
