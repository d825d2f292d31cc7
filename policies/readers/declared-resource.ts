import type { Props } from "../props.ts";
import type { Resource } from "../resource.ts";
import { guarded } from "../unknown.ts";

/** A resource as a program or an exported state declares it. Inputs are in the engine's wire format, with unknown values and secrets marked. */
export type DeclaredResource = {
  type: string;
  name: string;
  urn: string;
  inputs: object;
  protect: boolean;
  parent: string;
  dependencies: readonly string[];
  /** For each property, the URNs of the resources that its value comes from. */
  references: Readonly<Record<string, readonly string[]>>;
  /** The paths of its secret inputs. */
  secretPaths: ReadonlySet<string>;
};

/** A declared resource as the checks read it: secrets are plain values, and reading an unknown input throws a NotProven. */
export function fromDeclared(declared: DeclaredResource): Resource {
  const { type, name, urn, protect, references, secretPaths, inputs } = declared;
  let props: Props | undefined;
  return {
    ...{ type, name, urn, protect, references, secretPaths },
    // most rules read only the type
    get props() {
      props ??= guarded(revealed(inputs) as object, { type, name, urn });
      return props;
    },
  };
}

/** The key by which the engine's wire format marks values that are more than JSON, and its mark of a secret. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
export const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Policies see secrets as plain values: which ones are marked is in `secretPaths`. */
function revealed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(revealed);
  const object = value as Record<string, unknown>;
  if (object[SIGNATURE] === SECRET) return revealed(object.value);
  return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, revealed(item)]));
}
