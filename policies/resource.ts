import type { Props } from "./props.ts";

/** One resource as the checks see it, whether it comes from the program, the engine or an exported state. */
export type Resource = {
  type: string;
  name: string;
  urn: string;
  protect: boolean;
  /** Its inputs. Reading one that is not known before the update throws a NotProven. */
  props: Props;
  /** For each property, the URNs of the resources that its value comes from; known even if the value is not. */
  references: Readonly<Record<string, readonly string[]>>;
  /** The paths of the inputs that are marked as secret; undefined if the source does not record them. */
  secretPaths: ReadonlySet<string> | undefined;
};

/** A check read an input that is not known yet, so it proves nothing either way. */
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

/** A resource's label for people: the last part of its type, and its name. */
export const labelOf = ({ type, name }: Pick<Resource, "type" | "name">): string =>
  `${/[^:/]*$/.exec(type)?.[0] ?? type} ${name}`;
