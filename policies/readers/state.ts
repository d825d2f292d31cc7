import { parseJson } from "../../ecosystem/json.ts";
import { type DeclaredResource, SECRET, SIGNATURE } from "./declared-resource.ts";

/** A file that is not a stack's exported state; the message says what was expected. */
export class StateError extends Error {
  override name = "StateError";
}

/** The resources of an exported state (`pulumi stack export`) as they were declared. Throws a StateError that names the file. */
export function fromState(text: string, file: string): DeclaredResource[] {
  const resources = (parsed(text, file) as { deployment?: { resources?: unknown } } | null)?.deployment?.resources;
  if (!Array.isArray(resources)) {
    throw new StateError(
      `${file}: not an exported state: deployment.resources is missing. Export one: pulumi stack export --file ${file}`,
    );
  }
  return resources.flatMap((resource, i) => {
    const {
      urn,
      type,
      inputs,
      protect,
      parent,
      dependencies,
      propertyDependencies,
      delete: pending,
    } = resource as Record<string, unknown>;
    if (typeof urn !== "string" || typeof type !== "string") {
      throw new StateError(`${file}: deployment.resources[${i}] has no URN or no type`);
    }
    // resources that are pending deletion and providers are not part of the stack
    if (pending === true || type.startsWith("pulumi:providers:")) return [];
    const secretPaths = new Set<string>();
    return {
      urn,
      type,
      name: urn.split("::").at(-1) ?? "",
      inputs: withoutSecrets(inputs ?? {}, "", secretPaths) as object,
      protect: protect === true,
      parent: typeof parent === "string" ? parent : "",
      dependencies: Array.isArray(dependencies) ? dependencies : [],
      references: (propertyDependencies ?? {}) as DeclaredResource["references"],
      secretPaths,
    };
  });
}

function parsed(text: string, file: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new StateError(
      `${file}: not JSON (${(error as Error).message}), so not an exported state. Export one: pulumi stack export --file ${file}`,
    );
  }
}

/** Leaves out the values of secrets, encrypted or not, and notes their paths. */
function withoutSecrets(value: unknown, path: string, found: Set<string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item, i) => withoutSecrets(item, `${path}[${i}]`, found));
  const object = value as Record<string, unknown>;
  if (object[SIGNATURE] === SECRET) {
    found.add(path);
    return "[secret]";
  }
  return Object.fromEntries(
    Object.entries(object).map(([key, item]) => [
      key,
      withoutSecrets(item, path === "" ? key : `${path}.${key}`, found),
    ]),
  );
}
