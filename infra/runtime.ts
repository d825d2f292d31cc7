import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../ecosystem/secrets.ts";
import type { Settings } from "./config/schema.ts";
import { parseSettings, SettingsError } from "./config/settings.ts";
import { checkStackName, ownSettings, PROJECT } from "./config/stack-file.ts";

/** The stack for which the engine runs the program; `root` is the project's folder. */
export type RuntimeStack = {
  root: string;
  name: string;
  file: string;
  settings: Settings;
  /** The names of the secrets that are set. */
  secretsSet: string[];
  secret: (name: Secret) => pulumi.Output<string>;
};

/** Reads the stack's settings from the engine. Throws a SettingsError that lists the problems and never shows a secret. */
export function runtimeStack(): RuntimeStack {
  const name = pulumi.getStack();
  checkStackName(name);
  const file = `Pulumi.${name}.yaml`;
  const config = ownSettings(pulumi.runtime.allConfig(), file);
  const secretsSet = namesOf(config.secrets, file);
  const secrets: pulumi.Output<SecretValues> =
    new pulumi.Config(PROJECT).getSecretObject<SecretValues>("secrets") ?? pulumi.secret({} as SecretValues);
  return {
    root: pulumi.runtime.getRootDirectory(),
    name,
    file,
    settings: parseSettings(rawSettings(config, file), file),
    secretsSet,
    secret: (secret) => secrets.apply((values) => values[secret] as string), // checked: see `checkSecrets`
  };
}

type SecretValues = Record<Secret, string>;

/** The names of the secrets that are set. An unreadable value may be a secret itself, so it is never shown. */
function namesOf(secrets = "{}", file: string): string[] {
  const values = read(secrets);
  if (typeof values === "object" && values !== null && !Array.isArray(values)) return Object.keys(values);
  throw new SettingsError(
    `${file}, mahavishnu:secrets: expected an object of secrets by name. Remove it (pulumi config rm secrets) and run npx maha secrets init`,
  );
}

/** The engine passes structured values as JSON text. */
const rawSettings = ({ secrets: _, ...config }: Record<string, string>, file: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(config).map(([key, text]) => {
      const value = /^[[{]/.test(text) ? read(text) : text;
      if (value === undefined) throw new SettingsError(`${file}, mahavishnu:${key}: neither a string nor JSON`);
      return [key, value];
    }),
  );

/** The engine parses an unquoted date as a timestamp, and passes it on as one. */
const MIDNIGHT = /^(\d{4}-\d\d-\d\d) 00:00:00 \+0000 UTC$/;

function read(text: string): unknown {
  try {
    return JSON.parse(text, (_, value) => (typeof value === "string" ? value.replace(MIDNIGHT, "$1") : value));
  } catch {
    return undefined;
  }
}
