import { basename } from "node:path";
import { parse } from "yaml";
import { objectAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import type { Container } from "./container.ts";
import { filesIn } from "./docker.ts";

/** A text file that a resource brings, by its plain name; `text` may throw a NotProven. */
export type File = { resource: Resource; path: string; name: string; readonly text: string };

const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";

/** The files that start scripts write, and those of ConfigMaps. */
export function filesOf(resources: readonly Resource[], containers: readonly Container[]): File[] {
  return [...containers.flatMap(written), ...resources.filter(({ type }) => type === CONFIG_MAP).flatMap(held)];
}

const written = ({ resource, words }: Container): File[] =>
  filesIn(words).flatMap(({ index, file }) => {
    const text = words[index];
    return text === undefined ? [] : [{ resource, path: `the file ${basename(file)}`, name: basename(file), text }];
  });

const held = (resource: Resource): File[] =>
  Object.keys(objectAt(resource.props, "data")).map((name) => ({
    resource,
    path: `data.${name}`,
    name,
    get text() {
      return String(objectAt(resource.props, "data")[name] ?? "");
    },
  }));

/** What a YAML or JSON file says; undefined where it is neither. */
export function contentOf({ name, text }: File): unknown {
  try {
    return name.endsWith(".json") ? JSON.parse(text) : parse(text);
  } catch {
    return undefined;
  }
}
