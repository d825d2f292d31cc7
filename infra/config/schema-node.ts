import type { z } from "zod";

/** The metadata of a setting, from its definition. */
export type SettingMeta = {
  /** The allowed values, in words. */
  allowed?: string;
  /** An example line of a stack's file. */
  example?: string;
  /** The unit of a number. */
  unit?: string;
  /** True if the keys are service names. */
  perService?: boolean;
};

/** A node of the settings schema, with the fields used here. */
export type SchemaNode = z.ZodType & {
  shape?: Record<string, SchemaNode>;
  unwrap?: () => SchemaNode;
  element?: SchemaNode;
  valueType?: SchemaNode;
  def: { type: string; format?: string; defaultValue?: unknown };
};

/** A node without its optional and default wrappers, and their combined metadata. */
export function bare(schema: SchemaNode): {
  node: SchemaNode;
  meta: SettingMeta;
  optional: boolean;
  fallback: unknown;
} {
  const meta = (schema.meta() ?? {}) as SettingMeta;
  const { type, defaultValue } = schema.def;
  if ((type !== "optional" && type !== "default") || !schema.unwrap) {
    return { node: schema, meta, optional: false, fallback: undefined };
  }
  const inner = bare(schema.unwrap());
  return {
    ...inner,
    meta: { ...meta, ...inner.meta },
    optional: true,
    fallback: type === "default" ? defaultValue : inner.fallback,
  };
}

/** The nodes on a path, the root first; stops early if the schema has no node for a key. */
export function along(schema: SchemaNode, path: readonly PropertyKey[]): SchemaNode[] {
  const { node } = bare(schema);
  const [key, ...rest] = path;
  const inner = key === undefined ? undefined : (node.shape?.[String(key)] ?? node.element ?? node.valueType);
  return inner ? [schema, ...along(inner, rest)] : [schema];
}
