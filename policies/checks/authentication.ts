import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import { at, listAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { demand, type Finding, fail, pass } from "../verdict.ts";
import { SERVICE } from "../view/cloud-run.ts";
import { GATEWAY, GUARD, isInternal } from "../view/gateway.ts";
import { INSTANCE } from "../view/machine.ts";
import { isLoopback, listenerAt } from "../view/ports.ts";
import type { View } from "../view/view.ts";

const AUTH_SECRETS = ["MAHAVISHNU_AUTH_SECRET", "AKOSHA_API_TOKEN"];

/** 3 - Authentication: the services know their callers, and nobody who has not said who they are reaches them. */
export const authentication = check(3, "authentication", {
  why: "the servers themselves ask nobody who they are, so whoever reaches one can use every tool of it",
  remedy: "let named callers in only: invokers on Cloud Run, an edge or gateway that asks who calls, or loopback",
  each: (resource) => (resource.type.startsWith("gcp:") ? openToAll(resource) : []),
  judge: (view, facts) => [
    ...view.services.flatMap((container) =>
      container.variables
        .filter(({ name }) => AUTH_SECRETS.includes(name))
        .map(({ name, secret }) => demand(secret !== undefined, container, `${name} does not come from a secret`)),
    ),
    demand(boundSomewhere(view), "stack", "no service has its authentication secret"),
    ...entrances(view),
    ...proofOf("secrets", view, facts),
  ],
});

const boundSomewhere = ({ services }: View): boolean =>
  AUTH_SECRETS.every((name) => services.some(({ variables }) => variables.some((variable) => variable.name === name)));

/** What lets everybody in by itself. */
function openToAll(resource: Resource): Finding[] {
  const { type, props } = resource;
  if (type === SERVICE) {
    return [demand(at(props, "invokerIamDisabled") !== true, resource, "it lets everybody call: invokerIamDisabled")];
  }
  if (type === INSTANCE) {
    const open = listAt(props, "networkInterfaces").some((one) => at(one, "accessConfigs") !== undefined);
    return [demand(!open, resource, "the machine has a public address")];
  }
  if (type === "gcp:compute/firewall:Firewall") {
    const open = listAt(props, "sourceRanges").some((range) => range === "0.0.0.0/0" || range === "::/0");
    return [demand(!open || at(props, "direction") === "EGRESS", resource, "it lets every address in")];
  }
  if (/IamPolicy|IAMPolicy/.test(type)) {
    const open = /allUsers|allAuthenticatedUsers/.test(textAt(props, "policyData") ?? "");
    return [demand(!open, resource, "it names everybody as a member")];
  }
  if (!/IamMember|IAMMember|IamBinding|IAMBinding/.test(type)) return [];
  const members = [...listAt(props, "members"), isKnown(props) ? textAt(props, "member") : undefined];
  const everybody = members.some((member) => member === "allUsers" || member === "allAuthenticatedUsers");
  return everybody ? [fail(resource, "it names everybody as a member")] : [];
}

/** A member that is not known yet is an account that the program itself makes. */
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
        return demand(invoked, service, "nobody is named who may call it");
      });
    case "compose":
      return view.containers.flatMap((container) =>
        container.ports
          .filter(({ published }) => published !== undefined)
          .map(({ port, published = "" }) =>
            isLoopback(published) || listenerAt(container, port, view.listeners)?.authenticates
              ? pass(container)
              : fail(container, `port ${port} is published beyond this host, and the edge asks nobody who they are`),
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
              "it is open to everybody: neither the gateway nor the edge behind it asks who calls",
            ),
          ),
        ...view
          .of("kubernetes:core/v1:Service")
          .filter(({ props }) => ["LoadBalancer", "NodePort"].includes(textAt(props, "spec.type") ?? ""))
          .map((service) => fail(service, "it is reached from outside, past the gateway")),
        ...view
          .of("kubernetes:networking.k8s.io/v1:Ingress")
          .map((ingress) => fail(ingress, "it lets callers in past the gateway")),
      ];
    case undefined:
      return [];
  }
}

const allAuthenticate = ({ listeners }: View): boolean =>
  listeners.length > 0 && listeners.every(({ authenticates }) => authenticates);
