import { textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { type ContainerView, serviceOf } from "./container.ts";
import { exported } from "./docker.ts";
import { commandsOf } from "./words.ts";

export const INSTANCE = "gcp:compute/instance:Instance";

/** The containers that a machine is told to run by the script in its metadata. */
export const machineContainers = (resources: readonly Resource[]): ContainerView[] =>
  resources
    .filter(({ type }) => type === INSTANCE)
    .flatMap((resource) => {
      const script = textAt(resource.props, "metadata.singles") ?? "";
      // what it does stands above, what is wanted below
      const wanted = script.slice(script.lastIndexOf("\n# ---") + 1);
      return commandsOf(wanted).flatMap((words) => {
        if (words[0] === "start") return [container(resource, words.slice(4), words[1] ?? "", words[2] !== undefined)];
        // a timer's unit, as a file of the machine
        if (words[0] === "file" && words[1]?.endsWith(".service")) return scheduled(resource, words[2] ?? "");
        return [];
      });
    });

function scheduled(resource: Resource, unit: string): ContainerView[] {
  return commandsOf(unit).flatMap((words) => {
    const run = words.indexOf("run");
    return words[0]?.endsWith("docker") && words[0].startsWith("ExecStart=") && run > 0
      ? [container(resource, words.slice(run + 1), "", false)]
      : [];
  });
}

/** A container from the arguments of `docker run`: options, the image, and what runs in it. */
function container(resource: Resource, run: readonly string[], name: string, lasting: boolean): ContainerView {
  const first = run.findIndex((word) => !word.startsWith("-"));
  const options = run.slice(0, first < 0 ? undefined : first);
  const words = first < 0 ? [] : run.slice(first + 1);
  const of = (option: string) =>
    options.filter((word) => word.startsWith(`--${option}=`)).map((word) => word.slice(option.length + 3));
  const label = (key: string) =>
    of("label")
      .find((value) => value.startsWith(`${key}=`))
      ?.slice(key.length + 1);
  return {
    resource,
    path: "metadata.singles",
    service: serviceOf(label("service")),
    name: name === "" ? (of("name")[0] ?? "") : name,
    image: first < 0 ? undefined : run[first],
    variables: [
      ...of("env").map((text) => {
        const [, variable = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(text) ?? [];
        return { path: "metadata.singles", name: variable, text: value };
      }),
      ...exported(words).map((variable) => ({ ...variable, path: "metadata.singles" })),
    ],
    words,
    security: {
      root: !/^[1-9]/.test(of("user")[0] ?? ""),
      privileged: options.includes("--privileged") || of("cap-add").length > 0,
      confined: of("cap-drop").includes("ALL") && of("security-opt").includes("no-new-privileges"),
    },
    limits: { memory: of("memory").length > 0, cpu: of("cpus").length > 0 },
    // the script waits until it answers, and looks after it again and again
    probes: { starts: lasting, lives: lasting },
    ports: of("publish").map((port) => ({ port: Number(port.split(":").at(-1)) })),
    mounts: of("mount").flatMap((mount) => {
      const parts = new Map(mount.split(",").map((part) => part.split("=") as [string, string | undefined]));
      const volume = parts.get("source");
      return volume === undefined
        ? []
        : [{ volume, folder: parts.get("target") ?? "", writable: !parts.has("readonly") }];
    }),
    lasting,
  };
}
