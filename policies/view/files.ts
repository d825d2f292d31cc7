import { basename } from "node:path";
import { parse } from "yaml";
import { edgeFiles } from "../../edge/files.ts";
import { FILES } from "../../edge/paths.ts";
import { checkNamedEdge } from "../../edge/settings.ts";
import { listAt, objectAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import type { ContainerView } from "./container.ts";
import { filesIn } from "./docker.ts";
import { oneShot } from "./one-shot.ts";

/**
 * A text file that a resource contains, by its base name. `content` is its parsed YAML or JSON, and what Envoy receives of it
 * where it describes an edge; reading it may throw a NotProven.
 */
export type ParsedFile = { resource: Resource; name: string; content: () => unknown };

const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";

/** The files that start scripts write, and those in ConfigMaps. */
export function filesOf(resources: readonly Resource[], containers: readonly ContainerView[]): ParsedFile[] {
  return [...containers.flatMap(written), ...resources.filter(({ type }) => type === CONFIG_MAP).flatMap(held)];
}

const written = ({ resource, words }: ContainerView): ParsedFile[] =>
  filesIn(words).flatMap(({ index, file }) => {
    const text = words[index];
    return text === undefined ? [] : [fileOf(resource, basename(file), () => text)];
  });

const held = (resource: Resource): ParsedFile[] =>
  Object.keys(objectAt(resource.props, "data")).map((name) =>
    fileOf(resource, name, () => String(objectAt(resource.props, "data")[name] ?? "")),
  );

/** Several checks read the same file, so it is parsed once. */
function fileOf(resource: Resource, name: string, text: () => string): ParsedFile {
  return { resource, name, content: oneShot(() => parsed(name, text())) };
}

function parsed(name: string, text: string): unknown {
  try {
    const content = name.endsWith(".json") ? JSON.parse(text) : parse(text);
    return name === FILES.settings ? envoyResources(content) : content;
  } catch {
    return undefined;
  }
}

/** An edge is declared by its settings alone; whoever writes its files renders them by the same code. */
function envoyResources(declared: unknown): { resources: unknown[] } {
  const { settings, position } = checkNamedEdge(declared, FILES.settings);
  return { resources: Object.values(edgeFiles(settings, position)).flatMap((file) => listAt(file, "resources")) };
}
