import type { Props } from "./props.ts";

/** One resource as the checks see it, whichever way it came: from the program, the engine or an exported state. */
export type Resource = {
  type: string;
  name: string;
  urn: string;
  protect: boolean;
  /** Its inputs. Reading one that only the platform will know throws a NotProven. */
  props: Props;
  /** The resources that a property comes from, by their URNs: known also while the value is not. */
  references: Readonly<Record<string, readonly string[]>>;
  /** The inputs that are marked as secret, down to the leaf; undefined where the engine does not say. */
  secretPaths: ReadonlySet<string> | undefined;
};

/** A check read an input that is not known yet: nothing is proven, for better or worse. */
export class NotProven extends Error {
  override name = "NotProven";
  readonly path: string;
  readonly resource: Pick<Resource, "type" | "name" | "urn">;

  constructor(path: string, resource: Pick<Resource, "type" | "name" | "urn">) {
    super(`${path} of ${labelOf(resource)} is known only after the update`);
    this.path = path;
    this.resource = resource;
  }
}

/** A resource for people: the last word of its type, and its name. */
export const labelOf = ({ type, name }: Pick<Resource, "type" | "name">): string =>
  `${/[^:/]*$/.exec(type)?.[0] ?? type} ${name}`;
