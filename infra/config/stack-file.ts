import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { checkKeys } from "../../ecosystem/json.ts";
import { secretNames } from "../../ecosystem/secrets.ts";
import { stackNameFault } from "../names.ts";
import type { Settings } from "./schema.ts";
import { parseSettings, SettingsError } from "./settings.ts";

export const PROJECT = "mahavishnu";

/** A stack as its file describes it; `secretsSet` names the secrets that have an encrypted value in it. */
export type Stack = { name: string; file: string; settings: Settings; secretsSet: string[] };

/** The stacks of a folder: every `Pulumi.<stack>.yaml` in it. */
export const stackNames = (folder: string): string[] =>
  readdirSync(folder)
    .flatMap((file) => /^Pulumi\.([^.]+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();

/** Reads `Pulumi.<stack>.yaml` of a folder. Throws a SettingsError that lists the existing stacks, or the problem. */
export function readStack(folder: string, name: string): Stack {
  checkStackName(name);
  const stacks = stackNames(folder);
  if (!stacks.includes(name)) {
    throw new SettingsError(
      `stack ${name}: there is no Pulumi.${name}.yaml. Stacks here: ${stacks.join(", ") || "none"}`,
    );
  }
  const file = `Pulumi.${name}.yaml`;
  const raw = rawSettings(readFileSync(join(folder, file), "utf8"), file);
  return {
    name,
    file,
    settings: parseSettings(raw, file),
    secretsSet: secretsSet(raw, file, join(folder, "releases", name)),
  };
}

/** Throws a SettingsError for a name that a stack cannot have on some platform. */
export function checkStackName(name: string): void {
  const fault = stackNameFault(name);
  if (fault !== undefined) throw new SettingsError(fault);
}

/** Other namespaces allowed in the file: Pulumi's own, and the providers that the program uses. */
const neighbours = ["pulumi", "docker", "gcp", "kubernetes"];

/** The project's settings, keys without its name. Throws a SettingsError for an unknown namespace. */
export function ownSettings<T>(config: Record<string, T>, file: string): Record<string, T> {
  const own: Record<string, T> = {};
  for (const [key, value] of Object.entries(config)) {
    const [, namespace, rest] = /^([^:]*):(.*)$/.exec(key) ?? [];
    if (namespace === PROJECT && rest !== undefined) own[rest] = value;
    else if (namespace === undefined || !neighbours.includes(namespace)) {
      throw new SettingsError(
        `${file}, ${key}: unknown key; project settings start with ${PROJECT}: (${PROJECT}:${rest ?? key}), provider settings with ${neighbours.map((name) => `${name}:`).join(", ")}`,
      );
    }
  }
  return own;
}

/** The settings of a stack file, keys without the project's name. */
function rawSettings(text: string, file: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = parse(text);
    checkKeys(content);
  } catch (error) {
    throw new SettingsError(`${file}: not YAML: ${(error as Error).message}`);
  }
  if (typeof content !== "object" || Array.isArray(content))
    throw new SettingsError(`${file}: not a mapping with a config: key`);
  return ownSettings((content as { config?: Record<string, unknown> } | null)?.config ?? {}, file);
}

/** The names of the secrets that are set. A release of the stack may read one that `ecosystem/` no longer describes. */
function secretsSet(raw: Record<string, unknown>, file: string, releases: string): string[] {
  const secrets = (raw.secrets ?? {}) as Record<string, unknown>;
  const names = Object.keys(secrets);
  const unknown = names.find((name) => !secretNames.includes(name) && !isNamedIn(releases, name));
  if (unknown !== undefined) {
    throw new SettingsError(
      `${file}, mahavishnu:secrets.${unknown}: unknown secret. Known secrets: ${secretNames.join(", ")}`,
    );
  }
  const plain = names.find((name) => (secrets[name] as { secure?: unknown } | null)?.secure === undefined);
  if (plain !== undefined) {
    throw new SettingsError(
      `${file}, mahavishnu:secrets.${plain}: its value is plaintext; treat it as compromised and rotate it. Remove it and set a new one: pulumi config set --secret --path '${PROJECT}:secrets["${plain}"]'`,
    );
  }
  return names;
}

const isNamedIn = (releases: string, secret: string): boolean =>
  existsSync(releases) &&
  readdirSync(releases)
    .filter((file) => file.endsWith(".json"))
    .some((file) => readFileSync(join(releases, file), "utf8").includes(`"${secret}"`));
