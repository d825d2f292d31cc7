import { type ServiceName, serviceNamed } from "../../ecosystem/services.ts";
import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import { type Finding, fail, pass } from "../verdict.ts";
import type { ContainerView } from "../view/container.ts";
import { exposed, unmarked } from "../view/secrets.ts";

/** 2 - Secrets management: services get secrets by reference, and no secret is stored in plaintext. */
export const secretsManagement = check(2, "secrets-management", {
  why: "anyone who reads a plaintext secret in a state, an environment or a log can impersonate its owner",
  remedy:
    "keep secrets in the stack's settings (npx maha secrets init) and pass them by reference; rotate any that was exposed",
  each: (resource) => [
    ...exposed(resource).map((path) => fail(resource, `${path} contains a plaintext secret`)),
    ...unmarked(resource).map((path) =>
      fail(resource, `${path} is meant for a secret, but its value is not marked as one`),
    ),
  ],
  judge: (view, facts) => [
    ...view.containers.flatMap((container) =>
      literal(container).map((path) => fail(container, `${path} is named like a secret, but has a plaintext value`)),
    ),
    ...view.services.flatMap((container) => bound(container, container.service as ServiceName)),
    ...proofOf("secrets", view, facts),
  ],
});

function bound(container: ContainerView, service: ServiceName): Finding[] {
  return Object.keys(serviceNamed(service).secrets).map((name) => {
    const variable = container.variables.find((variable) => variable.name === name);
    return variable?.secret === undefined
      ? fail(container, `${name} is not read from a secret`)
      : pass(container, `${name} is read from a secret`);
  });
}

const secretNames = /(SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_KEY|ENCRYPTION_KEY|CREDENTIALS?|ROUTING_KEY)$/i;
const harmless = /^(|true|false|\/\S*|\d+)$/;

/** The paths of variables that are named like secrets and have a plaintext value; a file's path is none. */
const literal = ({ variables }: ContainerView): string[] =>
  variables
    .filter(({ name, text }) => secretNames.test(name) && text !== undefined && !harmless.test(text))
    .map(({ path }) => path);
