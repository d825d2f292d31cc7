import { createRequire } from "node:module";
import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import type { Props } from "../props.ts";
import { NotProven, type Resource } from "../resource.ts";

/** Where the secrets of each resource stand, by its URN. The engine does not say: policies get secrets like any other value. */
export type Marks = ReadonlyMap<string, ReadonlySet<string>>;

/** How the policy server watches over values, and what it puts where one is unknown; its types leave it out. */
const server = createRequire(import.meta.url)("@pulumi/policy/proxy.js") as Record<string, string>;
const watched = server.getSpecialProxyTarget as string;
const unknown: ReadonlySet<unknown> = new Set(
  Object.entries(server).flatMap(([name, value]) => (/^unknown.*Value$/.test(name) ? [value] : [])),
);

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
      props ??= provable(told.props[watched] ?? told.props, "", { type, name, urn }) as Props;
      return props;
    },
  };
}

const urnsOf = (dependencies: PolicyResource["propertyDependencies"]): Resource["references"] =>
  Object.fromEntries(Object.entries(dependencies).map(([property, from]) => [property, from.map(({ urn }) => urn)]));

type Named = Pick<Resource, "type" | "name" | "urn">;

/** The same value, but unknown parts of it speak when they are read. */
function provable(value: unknown, path: string, of: Named): unknown {
  if (!holdsUnknown(value)) return value;
  const copy: object = Array.isArray(value) ? [] : {};
  for (const [key, item] of Object.entries(value as object)) {
    const below = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    const spoken = () => {
      throw new NotProven(below, of);
    };
    const read = unknown.has(item) ? { get: spoken } : { value: provable(item, below, of) };
    Object.defineProperty(copy, key, { enumerable: true, ...read });
  }
  return copy;
}

const holdsUnknown = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).some((item) => unknown.has(item) || holdsUnknown(item));
