import { type Inputs, SECRET, UNKNOWN } from "./resource.ts";

/** The engine's protocol marks values beyond JSON by this key (`sdk/go/common/resource/plugin/rpc.go`). */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";
const UNKNOWN_SENTINEL = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A resource's inputs for display: secrets masked, unknown values marked, references to other resources as URNs. */
export function masked(inputs: Inputs): { inputs: Inputs; secretPaths: string[] } {
  const secretPaths: string[] = [];
  const read = (value: unknown, path: string): unknown => {
    if (value === UNKNOWN_SENTINEL) return UNKNOWN;
    if (Array.isArray(value)) return value.map((item, index) => read(item, `${path}[${index}]`));
    if (typeof value !== "object" || value === null) return value;
    const marked = value as Record<string, unknown>;
    if (marked[SIGNATURE] === SECRET_SIGNATURE) {
      secretPaths.push(path);
      return SECRET;
    }
    if (marked[SIGNATURE] === RESOURCE_SIGNATURE) return marked.urn;
    return Object.fromEntries(
      Object.entries(marked).map(([key, item]) => [key, read(item, path === "" ? key : `${path}.${key}`)]),
    );
  };
  return { inputs: read(inputs, "") as Inputs, secretPaths };
}
