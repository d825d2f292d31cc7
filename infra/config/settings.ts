import type { z } from "zod";
import type { Target } from "../../ecosystem/targets.ts";
import { referenceTo } from "./reference.ts";
import { type ComposeSettings, type Settings, type SettingsOn, settingsSchema } from "./schema.ts";
import { along, bare, type SchemaNode, type SettingMeta } from "./schema-node.ts";

/** Invalid settings; the message lists every problem with its key, the allowed values and an example. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

const schema = settingsSchema as unknown as SchemaNode;

/** Each target's settings key. */
const blocks = { "cloud-run": "cloudRun", compose: "compose", kubernetes: "kubernetes" } as const satisfies Record<
  Target,
  keyof Settings
>;

/**
 * Reads a stack's settings, the keys without `mahavishnu:`, all problems at once. `file` is named in errors.
 * Throws a SettingsError.
 */
export function parseSettings(raw: Record<string, unknown>, file: string): Settings {
  const { secrets: _, ...rest } = raw; // secret values are read only by the code that uses them
  const read = settingsSchema.safeParse(rest);
  if (!read.success) {
    throw new SettingsError(read.error.issues.flatMap((issue) => problems(issue, rest, file)).join("\n"));
  }
  settingsOn(read.data, read.data.target, file);
  if (read.data.candidate !== undefined && read.data.stable === undefined) {
    throw new SettingsError(
      `${file}, mahavishnu:candidate: there is no stable release to promote it over. A stack's first release must be stable: mahavishnu:stable: ${read.data.candidate}`,
    );
  }
  return read.data;
}

/** The settings of a stack on one target, its own or another one. Throws a SettingsError if the stack has none for it. */
export function settingsOn<T extends Target>(settings: Settings, target: T, file: string): SettingsOn<T> {
  if (!settings[blocks[target]]) throw new SettingsError(missingBlock(target, file));
  return { ...settings, target } as SettingsOn<T>;
}

/** The target's settings for its services: sizes and session models. */
export const shapingOf = (settings: SettingsOn): Pick<ComposeSettings, "sizes" | "sessions"> =>
  settings[blocks[settings.target]] ?? {};

/** The targets that a stack has settings for, its own first. */
export function targetsOf(settings: Settings): Target[] {
  const others = (Object.keys(blocks) as Target[]).filter((target) => target !== settings.target);
  return [settings.target, ...others.filter((target) => settings[blocks[target]])];
}

const missingBlock = (target: Target, file: string) =>
  `${file}, mahavishnu:${blocks[target]}: missing, but required for the target ${target}. See ${referenceTo([blocks[target]])}`;

function problems(issue: z.core.$ZodIssue, raw: unknown, file: string): string[] {
  const at = (path: readonly PropertyKey[]) => `${file}, mahavishnu:${path.join(".")}`;
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(bare(along(schema, issue.path).at(-1) as SchemaNode).node.shape ?? {});
    return issue.keys.map(
      (key) =>
        `${at([...issue.path, key])}: unknown setting. Allowed here: ${known.join(", ")}. See ${referenceTo(issue.path)}`,
    );
  }
  const value = valueAt(raw, issue.path);
  const { allowed, example } = metaAt(issue.path);
  const hint = [
    allowed && ` (${allowed})`,
    example && `. Example: ${example}`,
    `. See ${referenceTo(issue.path)}`,
  ].join("");
  if (value === undefined) return [`${at(issue.path)}: missing${hint}`];
  const said = issue.code === "custom" ? issue.message : `${shown(value)} is not allowed`;
  return [`${at(issue.path)}: ${said}${hint}`];
}

/** A value for an error message; a long value or a URL may be a misplaced secret. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 || text.includes("://") ? "value (hidden)" : text;
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);

/** The metadata of the innermost schema on the path that has any. */
const metaAt = (path: readonly PropertyKey[]): SettingMeta =>
  along(schema, path)
    .map((part) => bare(part).meta)
    .findLast(({ allowed, example }) => allowed !== undefined || example !== undefined) ?? {};
