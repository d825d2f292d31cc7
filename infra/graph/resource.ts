/** One resource of the graph that the program makes, as the engine would be asked for it. Secrets are masked, unknown values named. */
export type GraphResource = {
  type: string;
  name: string;
  urn: string;
  custom: boolean;
  /** The URN of the component that it belongs to; empty for the stack itself. */
  parent: string;
  /** URNs of all that must exist before it, declared or through its inputs. */
  dependsOn: string[];
  provider: string;
  protect: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  deleteBeforeReplace: boolean;
  /** The properties that hold secrets, down to the leaf: `data.password`. */
  secretPaths: string[];
  inputs: Inputs;
  /** Where in the program it is made: `infra/targets/cloud-run/volume.ts:12`. */
  source: string;
};

export type Inputs = Record<string, unknown>;

/** The graph of one stack on one target. */
export type Graph = { stack: string; target: string; resources: GraphResource[]; outputs: Inputs };

/** What stands in a masked graph where a secret is, and where only the platform will know the value. */
export const SECRET = "[secret]";
export const UNKNOWN = "[unknown]";
