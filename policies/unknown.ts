import type { Props } from "./props.ts";
import { NotProven, type Resource } from "./resource.ts";

/** What the engine puts in the place of a value that only the platform knows: one marker per kind of value. */
const markers: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string, and any value in a program's own requests
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

export const isUnknown = (value: unknown): boolean => markers.has(value);

/** The same inputs, except that reading an unknown one throws a NotProven with its path. */
export const guarded = (inputs: object, resource: Pick<Resource, "type" | "name" | "urn">): Props =>
  guard(inputs, "", resource) as Props;

function guard(value: unknown, path: string, resource: Pick<Resource, "type" | "name" | "urn">): unknown {
  if (!holdsUnknown(value)) return value;
  const copy: object = Array.isArray(value) ? [] : {};
  for (const [key, item] of Object.entries(value as object)) {
    const below = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    const refuse = () => {
      throw new NotProven(below, resource);
    };
    const read = isUnknown(item) ? { get: refuse } : { value: guard(item, below, resource) };
    Object.defineProperty(copy, key, { enumerable: true, ...read });
  }
  return copy;
}

const holdsUnknown = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).some((item) => isUnknown(item) || holdsUnknown(item));
