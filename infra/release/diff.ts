import type { Target } from "../../ecosystem/targets.ts";
import type { Release } from "./release.ts";

/** A value that differs between two releases; undefined where a release lacks it. */
export type Difference = { place: string; before: string | undefined; after: string | undefined };

/** What differs between two releases, value by value: `compose mahavishnu image`. Names and dates do not count. */
export function differences(a: Release, b: Release): Difference[] {
  const [before, after] = [valuesOf(a), valuesOf(b)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((place) => before.get(place) !== after.get(place))
    .map((place) => ({ place, before: before.get(place), after: after.get(place) }));
}

function valuesOf({ revisions }: Release): Map<string, string> {
  const values = new Map<string, string>();
  const note = (place: string, value: unknown): void => {
    if (typeof value !== "object" || value === null) values.set(place, String(value));
    else if (Array.isArray(value)) values.set(place, value.join(" "));
    else for (const [key, item] of Object.entries(value)) note(`${place} ${key}`, item);
  };
  for (const target of Object.keys(revisions) as Target[]) {
    for (const revision of revisions[target] ?? []) note(`${target} ${revision.service}`, revision);
  }
  return values;
}
