import { at, listAt, objectAt, textAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { type ContainerView, serviceOf } from "./container.ts";
import type { ParsedFile } from "./files.ts";
import { podLabels } from "./pods.ts";

/** One scrape target: its port, path and service, and whether it exists. */
export type Scrape = {
  resource: Resource;
  name: string;
  service: string | undefined;
  port: number | undefined;
  path: string;
  reached: boolean;
};

const MONITOR = "kubernetes:monitoring.coreos.com/v1:PodMonitor";

/** The scrape targets of the stack's own Prometheus, and the PodMonitors of its cluster's. */
export function scrapesOf(
  resources: readonly Resource[],
  files: readonly ParsedFile[],
  containers: readonly ContainerView[],
): Scrape[] {
  return [
    ...files.filter(({ name }) => name === "prometheus.yml").flatMap((file) => jobs(file, containers)),
    ...resources.filter(({ type }) => type === MONITOR).flatMap((resource) => monitored(resource, containers)),
  ];
}

function jobs(file: ParsedFile, containers: readonly ContainerView[]): Scrape[] {
  const hosts = new Set(containers.flatMap(({ resource }) => addressesOf(resource)));
  return listAt(file.content(), "scrape_configs").flatMap((job) =>
    listAt(job, "static_configs").flatMap((config) =>
      listAt(config, "targets").map((target) => {
        const [host = "", port] = String(target).split(":");
        return {
          resource: file.resource,
          name: textAt(job, "job_name") ?? "",
          service: textAt(config, "labels.service"),
          port: port === undefined ? undefined : Number(port),
          path: textAt(job, "metrics_path") ?? "/metrics",
          reached: hosts.has(host) || host === "localhost",
        };
      }),
    ),
  );
}

/** The names and addresses of a container on a Docker host. */
const addressesOf = ({ props }: Resource): string[] => [
  textAt(props, "name") ?? "",
  ...listAt(props, "networksAdvanced").flatMap((network) => [
    textAt(network, "ipv4Address") ?? "",
    ...listAt(network, "aliases").map(String),
  ]),
];

function monitored(resource: Resource, containers: readonly ContainerView[]): Scrape[] {
  const chosen = Object.entries(objectAt(resource.props, "spec.selector.matchLabels"));
  const pods = containers.filter(
    (container) => chosen.length > 0 && chosen.every(([key, value]) => podLabels(container.resource)[key] === value),
  );
  return listAt(resource.props, "spec.podMetricsEndpoints").map((endpoint) => {
    const named = pods
      .flatMap(({ resource: pod, path }) =>
        listAt(
          at(pod.props, path.replace(/\.(initContainers|containers)\[.*$/, "")),
          path.includes("initContainers") ? "initContainers" : "containers",
        ),
      )
      .flatMap((container) => listAt(container, "ports"))
      .find((port) => at(port, "name") === at(endpoint, "port"));
    const port = at(named, "containerPort");
    return {
      resource,
      name: resource.name,
      service: serviceOf(podLabels(pods[0]?.resource ?? resource).service),
      port: typeof port === "number" ? port : undefined,
      path: textAt(endpoint, "path") ?? "/metrics",
      reached: pods.length > 0,
    };
  });
}
