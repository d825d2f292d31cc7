/** One resource of the program's graph, as registered with the engine. Secrets are masked, unknown values marked. */
export type GraphResource = {
  type: string;
  name: string;
  urn: string;
  custom: boolean;
  /** The URN of its parent component; empty for the stack itself. */
  parent: string;
  /** URNs of its dependencies, declared or through its inputs. */
  dependsOn: string[];
  provider: string;
  protect: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  deleteBeforeReplace: boolean;
  /** The paths of secret values: `data.password`. */
  secretPaths: string[];
  inputs: Inputs;
  /** The source line that creates it: `infra/targets/cloud-run/volume.ts:12`. */
  source: string;
};

export type Inputs = Record<string, unknown>;

/** The graph of one stack on one target. */
export type Graph = { stack: string; target: string; resources: GraphResource[]; outputs: Inputs };

/** The markers for a secret and for a value that only the platform will know. */
export const SECRET = "[secret]";
export const UNKNOWN = "[unknown]";
