import { settingsSchema } from "./schema.ts";
import { along, bare, type SchemaNode, type SettingMeta } from "./schema-node.ts";

/** The page of the settings reference, relative to the project's folder. */
export const REFERENCE = "docs/reference/settings.md";

/** The link to a setting's documentation: the section of its block. Per-service settings have no section of their own. */
export function referenceTo(path: readonly PropertyKey[]): string {
  const parts = along(settingsSchema as unknown as SchemaNode, path).map(bare);
  const own = parts.findIndex(({ meta }) => meta.perService);
  const block = (own < 0 ? parts : parts.slice(0, own)).findLastIndex(({ node }) => node.shape);
  return `${REFERENCE}#${anchorOf(path.slice(0, block).filter((key) => typeof key === "string"))}`;
}

const anchorOf = (keys: readonly string[]): string => (keys.length === 0 ? "stack" : keys.join("-").toLowerCase());

/** The settings reference in Markdown, generated from the schema. */
export function settingsReference(): string {
  const sections = sectionsOf([], settingsSchema as unknown as SchemaNode);
  return `${[
    "# Settings of a stack",
    "",
    "Every setting of `Pulumi.<stack>.yaml`. In the file each key starts with `mahavishnu:`; `edge.rateLimit.perMinute` is",
    "`perMinute` below `rateLimit` below `mahavishnu:edge`. This page is generated from the schema in `infra/config/`:",
    "`npm run docs` regenerates it.",
    ...sections.flatMap(({ keys, allowed, rows }) => [
      "",
      `<a id="${anchorOf(keys)}"></a>`,
      "",
      `## ${keys.length === 0 ? "The stack" : `\`${keys.join(".")}\``}`,
      "",
      ...(allowed === undefined ? [] : [sentence(allowed), ""]),
      "| setting | type | unit | default | allowed | example |",
      "|---|---|---|---|---|---|",
      ...rows.map((row) => `| ${row.map(escaped).join(" | ")} |`),
    ]),
  ].join("\n")}\n`;
}

type Section = { keys: string[]; allowed: string | undefined; rows: string[][] };

/** A block with its settings, then the blocks in it. */
function sectionsOf(keys: string[], schema: SchemaNode): Section[] {
  const { node, meta } = bare(schema);
  const inner: Section[] = [];
  const rows = rowsOf("", node, (key, block) => inner.push(...sectionsOf([...keys, key], block)), keys);
  return [{ keys, allowed: meta.allowed, rows }, ...inner];
}

/** The settings of a block; `found` is called for each nested block with its own section. */
function rowsOf(
  prefix: string,
  node: SchemaNode,
  found: (key: string, block: SchemaNode) => void,
  keys: readonly string[],
): string[][] {
  return Object.entries(node.shape ?? {}).flatMap(([key, schema]) => {
    const part = bare(schema);
    const name = `${prefix}${key}`;
    const inside = part.node.element ? bare(part.node.element).node : part.node;
    if (part.meta.perService) {
      const [one] = Object.values(part.node.shape ?? {}) as [SchemaNode];
      const service = `${name}.<service>`;
      const { node: of } = bare(one);
      return of.shape ? rowsOf(`${service}.`, of, found, keys) : [rowOf(service, one)];
    }
    if (!inside.shape) return [rowOf(name, schema)];
    if (prefix !== "") return rowsOf(`${name}.`, inside, found, keys);
    found(key, part.node.element ? withMeta(inside, part.meta) : schema);
    const link = `[${part.node.element ? "list of blocks" : "block"}](#${anchorOf([...keys, key])})`;
    return [[`\`${name}\``, link, "", defaultOf(part), part.meta.allowed ?? "", ""]];
  });
}

const withMeta = (node: SchemaNode, { allowed = "", example = "" }: SettingMeta): SchemaNode =>
  node.meta({ allowed, example }) as SchemaNode;

function rowOf(name: string, schema: SchemaNode): string[] {
  const part = bare(schema);
  const { allowed = "", example = "", unit = "" } = { ...innerMeta(part.node), ...part.meta };
  return [`\`${name}\``, typeOf(part.node), unit, defaultOf(part), allowed, example && `\`${example}\``];
}

const innerMeta = ({ element, valueType }: SchemaNode): SettingMeta => {
  const inner = element ?? valueType;
  return inner ? bare(inner).meta : {};
};

function defaultOf({ optional, fallback }: { optional: boolean; fallback: unknown }): string {
  if (fallback !== undefined) return `\`${JSON.stringify(fallback)}\``;
  return optional ? "none" : "required";
}

function typeOf({ def, element, valueType }: SchemaNode): string {
  if (element) return `list of ${typeOf(bare(element).node)}s`;
  if (valueType) return `${typeOf(bare(valueType).node)} by key`;
  if (def.type === "enum") return "enum";
  if (def.type === "number") return def.format === "safeint" ? "whole number" : "number";
  return def.type;
}

/** A cell of a table: outside code, what is in angle brackets would be taken for a tag. */
const escaped = (cell: string): string => {
  const text = cell.replaceAll("|", "\\|");
  return text.startsWith("`") ? text : text.replaceAll("<", "\\<");
};

const sentence = (words: string): string => `${words[0]?.toUpperCase()}${words.slice(1)}.`;
