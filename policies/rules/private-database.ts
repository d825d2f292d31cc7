import { rule } from "../check.ts";
import { at } from "../props.ts";
import { demand, type Finding } from "../verdict.ts";
import type { View } from "../view/view.ts";

const INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance";

export const privateDatabase = rule("private-database", {
  why: "a database that the internet can reach will be attacked from it",
  remedy: "give the database a private address only, and publish none of its ports",
  targets: ["cloud-run", "compose"],
  each: (resource) =>
    resource.type === INSTANCE
      ? [
          demand(
            at(resource.props, "settings.ipConfiguration.ipv4Enabled") === false &&
              at(resource.props, "settings.ipConfiguration.privateNetwork") !== undefined,
            resource,
            "it has a public address",
          ),
        ]
      : [],
  judge: (view) => onHost(view),
});

const onHost = ({ containers }: View): Finding[] =>
  containers
    .filter(({ name }) => /-postgres$/.test(name))
    .map((container) => demand(container.ports.length === 0, container, "it publishes a port"));
