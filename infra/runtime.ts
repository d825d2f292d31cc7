import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../ecosystem/secrets.ts";
import type { Settings } from "./config/schema.ts";
import { parseSettings } from "./config/settings.ts";
import { PROJECT } from "./config/stack-file.ts";

/** The stack that the engine runs the program for; `root` is the project's folder. */
export type RuntimeStack = {
  root: string;
  name: string;
  file: string;
  settings: Settings;
  /** The names of the secrets that are set. */
  secretsSet: string[];
  secret: (name: Secret) => pulumi.Output<string>;
};

/** Reads the stack's settings from the engine. Throws a SettingsError for what is wrong with them. */
export function runtimeStack(): RuntimeStack {
  const name = pulumi.getStack();
  const file = `Pulumi.${name}.yaml`;
  const config = pulumi.runtime.allConfig();
  const secrets: pulumi.Output<SecretValues> =
    new pulumi.Config(PROJECT).getSecretObject<SecretValues>("secrets") ?? pulumi.secret({});
  return {
    root: pulumi.runtime.getRootDirectory(),
    name,
    file,
    settings: parseSettings(rawSettings(config), file),
    secretsSet: Object.keys(JSON.parse(config[`${PROJECT}:secrets`] ?? "{}")),
    secret: (secret) => secrets.apply((values) => values[secret] as string), // checked: see `checkSecrets`
  };
}

type SecretValues = Partial<Record<Secret, string>>;

/** The engine hands over structured values as JSON text. */
const rawSettings = (config: Record<string, string>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(`${PROJECT}:`))
      .map(([key, text]) => [key.slice(PROJECT.length + 1), /^[[{]/.test(text) ? JSON.parse(text) : text]),
  );
