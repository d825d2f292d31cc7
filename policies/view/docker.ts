import { at, isTrue, listAt, numberAt, type Props, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { type ContainerView, serviceOf, type Variable } from "./container.ts";

const CONTAINER = "docker:index/container:Container";
const IMAGE = "docker:index/remoteImage:RemoteImage";

/** The containers of a Docker host, except those that only fill a volume and are never started. */
export const dockerContainers = (resources: readonly Resource[]): ContainerView[] =>
  resources
    .filter(({ type, props }) => type === CONTAINER && at(props, "start") !== false)
    .map((resource) => container(resource, resources));

function container(resource: Resource, resources: readonly Resource[]): ContainerView {
  const { props } = resource;
  const words = [...listAt(props, "entrypoints"), ...listAt(props, "command")].map(String);
  return {
    resource,
    path: "",
    service: serviceOf(labelOf(props, "service")),
    name: textAt(props, "name") ?? "",
    // the id of a pulled image is known only after the pull, the name that is pulled already before
    get image() {
      const pulled = resources.find(({ type, urn }) => type === IMAGE && resource.references.image?.includes(urn));
      return textAt((pulled ?? resource).props, pulled ? "name" : "image");
    },
    variables: [...variables(props), ...exported(words, props)],
    words,
    security: {
      root: isRoot(textAt(props, "user")),
      privileged: isTrue(props, "privileged") || listAt(props, "capabilities.adds").length > 0,
      confined:
        listAt(props, "capabilities.drops").includes("ALL") &&
        listAt(props, "securityOpts").some((option) => String(option).startsWith("no-new-privileges")),
    },
    limits: { memory: (numberAt(props, "memory") ?? 0) > 0, cpu: Number(at(props, "cpus") ?? 0) > 0 },
    probes: { starts: isTrue(props, "wait"), lives: listAt(props, "healthcheck.tests").length > 0 },
    ports: listAt(props, "ports").map((port) => ({
      port: numberAt(port, "internal") ?? 0,
      published: textAt(port, "ip") ?? "0.0.0.0",
    })),
    mounts: listAt(props, "volumes").map((volume) => ({
      volume: textAt(volume, "volumeName") ?? textAt(volume, "hostPath") ?? "",
      folder: textAt(volume, "containerPath") ?? "",
      writable: !isTrue(volume, "readOnly"),
    })),
    lasting: textAt(props, "restart") !== "no",
  };
}

/** One label; labels are a list here, and others of them may not be known yet. */
const labelOf = (props: Props, key: string): unknown =>
  at(
    listAt(props, "labels").find((label) => at(label, "label") === key),
    "value",
  );

/** Without a user the image's default applies, which is unknown here and counts as root. */
const isRoot = (user: string | undefined): boolean => user === undefined || /^(root|0)?(:|$)/.test(user);

const variables = (props: Props): Variable[] =>
  listAt(props, "envs").map((_, i) => {
    const [, name = "", text = ""] = /^([^=]*)=?(.*)$/s.exec(String(listAt(props, "envs")[i])) ?? [];
    return { path: `envs[${i}]`, name, text };
  });

/** The variables that a start script reads from secret files: `export NAME secret`, up to `exec`. */
function exported(words: readonly string[], props: Props): Variable[] {
  const offset = listAt(props, "entrypoints").length;
  const found: Variable[] = [];
  for (let i = 0; i + 2 < words.length && words[i] !== "exec"; i++) {
    const [does, name = "", secret = ""] = words.slice(i, i + 3);
    if (does === "export") found.push({ path: `command[${i - offset}]`, name, secret });
  }
  return found;
}

/** The files that a start script writes from its arguments: `write PATH CONTENT`, or pairs of names and contents. */
export function filesIn(words: readonly string[]): { index: number; file: string }[] {
  return words.flatMap((word, i) =>
    /^\/?[\w./-]+\.(ya?ml|json|toml)$/.test(word) ? [{ index: i + 1, file: word }] : [],
  );
}
