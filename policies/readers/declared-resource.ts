/** A resource as a program or an exported state tells of it. Inputs are in the engine's form, unknown values and secrets included. */
export type DeclaredResource = {
  type: string;
  name: string;
  urn: string;
  inputs: object;
  protect: boolean;
  parent: string;
  dependencies: readonly string[];
  /** The resources that a property comes from, by their URNs. */
  references: Readonly<Record<string, readonly string[]>>;
  /** Where its secrets stand. */
  secretPaths: ReadonlySet<string>;
};
