import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import type { Props } from "../props.ts";
import { NotProven, type Resource } from "../resource.ts";

/** Where the secrets of each resource stand, by its URN. The engine does not say: policies get secrets like any other value. */
export type Marks = ReadonlyMap<string, ReadonlySet<string>>;

/** A resource as the policy server hands it to a policy. */
export function fromEngine(told: PolicyResource | ResourceValidationArgs, marks?: Marks): Resource {
  const { type, name, urn, opts } = told;
  let props: Props | undefined;
  return {
    type,
    name,
    urn,
    protect: opts.protect,
    // a resource that is judged by itself is not yet told from what it comes
    references: "propertyDependencies" in told ? urnsOf(told.propertyDependencies) : {},
    secretPaths: marks && (marks.get(urn) ?? new Set()),
    // most rules look at the type and go on
    get props() {
      props ??= known(told.props, "", { type, name, urn }) as Props;
      return props;
    },
  };
}

const urnsOf = (dependencies: PolicyResource["propertyDependencies"]): Resource["references"] =>
  Object.fromEntries(Object.entries(dependencies).map(([property, from]) => [property, from.map(({ urn }) => urn)]));

type Named = Pick<Resource, "type" | "name" | "urn">;

/** The same value without the server's watchers, but for unknown ones, which speak when they are read. */
function known(value: unknown, path: string, of: Named): unknown {
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  for (const key of Object.keys(value)) {
    const below = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    Object.defineProperty(copy, key, { enumerable: true, ...read(value as Props, key, below, of) });
  }
  return copy;
}

function read(value: Props, key: string, path: string, of: Named): PropertyDescriptor {
  try {
    return { value: known(value[key], path, of) };
  } catch (error) {
    if ((error as Error).constructor.name !== "UnknownValueError") throw error;
    return {
      get: () => {
        throw new NotProven(path, of);
      },
    };
  }
}
