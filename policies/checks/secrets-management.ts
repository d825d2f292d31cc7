import { type ServiceName, serviceNamed } from "../../ecosystem/services.ts";
import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import { type Finding, fail, pass } from "../verdict.ts";
import type { ContainerView } from "../view/container.ts";
import { exposed, unmarked } from "../view/secrets.ts";

/** 2 - Secrets management: a service gets its secrets by reference, and nowhere else does one stand in the clear. */
export const secretsManagement = check(2, "secrets-management", {
  why: "whoever reads a plaintext secret in a state, an environment or a log is whoever it belongs to",
  remedy: "keep secrets in the stack's settings (npx maha secrets init) and give them by reference",
  each: (resource) => [
    ...exposed(resource).map((path) => fail(resource, `a secret stands in the clear at ${path}`)),
    ...unmarked(resource).map((path) => fail(resource, `${path} holds a secret that is not marked as one`)),
  ],
  judge: (view, facts) => [
    ...view.containers.flatMap((container) =>
      literal(container).map((path) => fail(container, `${path} is a secret's name with a plain value`)),
    ),
    ...view.services.flatMap((container) => bound(container, container.service as ServiceName)),
    ...proofOf("secrets", view, facts),
  ],
});

function bound(container: ContainerView, service: ServiceName): Finding[] {
  return Object.keys(serviceNamed(service).secrets).map((name) => {
    const variable = container.variables.find((variable) => variable.name === name);
    return variable?.secret === undefined
      ? fail(container, `${name} does not come from a secret`)
      : pass(container, `${name} comes from a secret`);
  });
}

const secretNames = /(SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_KEY|ENCRYPTION_KEY|CREDENTIALS?|ROUTING_KEY)$/i;
const harmless = /^(|true|false|\/\S*|\d+)$/;

/** Variables that are called like secrets and hold their value themselves: a path leads to one. */
const literal = ({ variables }: ContainerView): string[] =>
  variables
    .filter(({ name, text }) => secretNames.test(name) && text !== undefined && !harmless.test(text))
    .map(({ path }) => path);
