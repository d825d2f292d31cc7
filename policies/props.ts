/** A resource's inputs. They come from files and engines, so any of them may be missing or of an unexpected type. */
export type Props = Readonly<Record<string, unknown>>;

const nothing: Props = {};

const isObject = (value: unknown): value is Props => typeof value === "object" && value !== null;

/** The value at a path (`spec.template.spec`); undefined if there is none. */
export const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);

/** The object at a path; an empty one if there is none. */
export function objectAt(value: unknown, path: string): Props {
  const found = at(value, path);
  return isObject(found) && !Array.isArray(found) ? found : nothing;
}

/** The items of the list at a path; none if there is no list. */
export function listAt(value: unknown, path: string): unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

/** The string at a path; undefined if there is none. */
export function textAt(value: unknown, path: string): string | undefined {
  const found = at(value, path);
  return typeof found === "string" ? found : undefined;
}

/** The number at a path, even if it is written as a string; undefined if there is none. */
export function numberAt(value: unknown, path: string): number | undefined {
  const found = at(value, path);
  if (typeof found === "number") return found;
  return typeof found === "string" && found.trim() !== "" && Number.isFinite(Number(found)) ? Number(found) : undefined;
}

/** Whether the value at a path is `true`. */
export const isTrue = (value: unknown, path: string): boolean => at(value, path) === true;
