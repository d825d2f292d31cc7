import type { z } from "zod";

/** What a setting says of itself where it is defined. */
export type SettingMeta = {
  /** What is allowed, in words. */
  allowed?: string;
  /** A line of a stack's file. */
  example?: string;
  /** What a number counts. */
  unit?: string;
  /** True where the keys are the names of services. */
  perService?: boolean;
};

/** A part of the settings' schema, as far as it is looked at from outside. */
export type SchemaNode = z.ZodType & {
  shape?: Record<string, SchemaNode>;
  unwrap?: () => SchemaNode;
  element?: SchemaNode;
  valueType?: SchemaNode;
  def: { type: string; format?: string; defaultValue?: unknown };
};

/** A part without what makes it optional or gives it a default, and what all of that says together. */
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

/** The parts that a path leads through, the whole first; a path may end before its last key where the schema does. */
export function along(schema: SchemaNode, path: readonly PropertyKey[]): SchemaNode[] {
  const { node } = bare(schema);
  const [key, ...rest] = path;
  const inner = key === undefined ? undefined : (node.shape?.[String(key)] ?? node.element ?? node.valueType);
  return inner ? [schema, ...along(inner, rest)] : [schema];
}
