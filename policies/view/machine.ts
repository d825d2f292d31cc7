import { at, isTrue, listAt, numberAt, objectAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { type ContainerView, serviceOf } from "./container.ts";

export const INSTANCE = "gcp:compute/instance:Instance";

const DESCRIPTION = "metadata.singles-description";

/** The description of what a machine runs, from its metadata; undefined if there is none. Throws a SyntaxError if it is not JSON. */
export function machineDescription({ props }: Resource): unknown {
  const text = textAt(props, DESCRIPTION);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The containers of machines, including the backup of their volumes. */
export const machineContainers = (resources: readonly Resource[]): ContainerView[] =>
  resources
    .filter(({ type }) => type === INSTANCE)
    .flatMap((resource) => {
      const description = machineDescription(resource);
      const backup = at(description, "backup");
      return [
        ...listAt(description, "containers").map((one, i) => container(resource, one, `containers[${i}]`)),
        ...(backup === undefined ? [] : [container(resource, backup, "backup")]),
      ];
    });

function container(resource: Resource, own: unknown, place: string): ContainerView {
  const path = `${DESCRIPTION}: ${place}`;
  // the machine waits until a service answers, and checks it again every few minutes
  const lasting = textAt(own, "health") !== undefined;
  return {
    resource,
    path,
    service: serviceOf(at(own, "service")),
    name: textAt(own, "name") ?? "",
    image: textAt(own, "image"),
    variables: [
      ...Object.entries(objectAt(own, "environment")).map(([name, text], i) => ({
        ...{ path: `${path}.environment[${i}]`, name, text: String(text) },
      })),
      ...Object.entries(objectAt(own, "secrets")).map(([name, secret], i) => ({
        ...{ path: `${path}.secrets[${i}]`, name, secret: String(secret) },
      })),
    ],
    words: listAt(own, "command").map(String),
    security: {
      root: !/^[1-9]/.test(textAt(own, "user") ?? ""),
      // a description has no way to ask for privileges
      privileged: false,
      confined: listAt(own, "dropCapabilities").includes("ALL") && isTrue(own, "noNewPrivileges"),
    },
    limits: { memory: (numberAt(own, "memoryMi") ?? 0) > 0, cpu: (numberAt(own, "cpus") ?? 0) > 0 },
    probes: { starts: lasting, lives: lasting },
    ports: lasting ? [{ port: numberAt(own, "port") ?? 0 }] : [],
    mounts: listAt(own, "mounts").map((mount) => ({
      volume: textAt(mount, "source") ?? "",
      folder: textAt(mount, "target") ?? "",
      writable: !isTrue(mount, "readOnly"),
    })),
    lasting,
  };
}
