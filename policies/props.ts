/** Inputs of a resource, read defensively: they come from files and engines, and any of them may be missing or of another kind. */
export type Props = Readonly<Record<string, unknown>>;

const nothing: Props = {};

const isObject = (value: unknown): value is Props => typeof value === "object" && value !== null;

/** What stands at a path (`spec.template.spec`); undefined where there is nothing. */
export const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);

/** The object at a path; an empty one where there is none. */
export function objectAt(value: unknown, path: string): Props {
  const found = at(value, path);
  return isObject(found) && !Array.isArray(found) ? found : nothing;
}

/** The items of the list at a path; none where there is no list. */
export function listAt(value: unknown, path: string): unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

/** The text at a path; undefined where there is no text. */
export function textAt(value: unknown, path: string): string | undefined {
  const found = at(value, path);
  return typeof found === "string" ? found : undefined;
}

/** The number at a path, also where it is written as text; undefined where there is none. */
export function numberAt(value: unknown, path: string): number | undefined {
  const found = at(value, path);
  if (typeof found === "number") return found;
  return typeof found === "string" && found.trim() !== "" && Number.isFinite(Number(found)) ? Number(found) : undefined;
}

/** Whether a path holds `true`. */
export const isTrue = (value: unknown, path: string): boolean => at(value, path) === true;
