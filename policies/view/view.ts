import type { ServiceName } from "../../ecosystem/services.ts";
import type { Target } from "../../ecosystem/targets.ts";
import { numberAt } from "../props.ts";
import type { Resource } from "../resource.ts";
import { alertRoutesOf, alertRulesOf } from "./alerts.ts";
import { cloudRunContainers } from "./cloud-run.ts";
import { type ContainerView, digestOf } from "./container.ts";
import { dockerContainers } from "./docker.ts";
import { clustersOf, listenersOf, routesOf } from "./edge.ts";
import { filesOf } from "./files.ts";
import { machineContainers } from "./machine.ts";
import { oneShot } from "./one-shot.ts";
import { podContainers } from "./pods.ts";
import { scrapesOf } from "./scrapes.ts";

/** A stack's resources by their meaning, independent of the target. Each part is computed when a check needs it. */
export type View = ReturnType<typeof viewOf>;

/** The image of one live revision. Its digest is undefined if the image is named by a tag only. */
export type Image = { container: ContainerView; service: ServiceName; digest: string | undefined };

export function viewOf(resources: readonly Resource[]) {
  const containers = oneShot(() => [
    ...dockerContainers(resources),
    ...podContainers(resources),
    ...cloudRunContainers(resources),
    ...machineContainers(resources),
  ]);
  const files = oneShot(() => filesOf(resources, containers()));
  return {
    resources,
    target: targetOf(resources),
    of: (...types: string[]) => resources.filter(({ type }) => types.includes(type)),
    /** The resources of a type that a property refers to. */
    referred: (resource: Resource, property: string, type: string) =>
      resources.filter((other) => other.type === type && resource.references[property]?.includes(other.urn)),
    get containers() {
      return containers();
    },
    /** The containers that run a service's revisions. */
    get services() {
      return containers().filter(({ service }) => service !== undefined);
    },
    get images(): Image[] {
      return this.services.map((container) => ({
        container,
        service: container.service as ServiceName,
        digest: digestOf(container.image),
      }));
    },
    get files() {
      return files();
    },
    get listeners() {
      return listenersOf(files(), edgeReplicas(resources));
    },
    get clusters() {
      return clustersOf(files());
    },
    get routes() {
      return routesOf(files());
    },
    get alertRules() {
      return alertRulesOf(resources, files());
    },
    get alertRoutes() {
      return alertRoutesOf(resources, files());
    },
    get scrapes() {
      return scrapesOf(resources, files(), containers());
    },
  };
}

/** The target that the resources belong to; undefined if none of them does. */
function targetOf(resources: readonly Resource[]): Target | undefined {
  const has = (prefix: string) => resources.some(({ type }) => type.startsWith(prefix));
  if (has("docker:")) return "compose";
  if (has("kubernetes:")) return "kubernetes";
  return has("gcp:") ? "cloud-run" : undefined;
}

/** How many edges share the clients. */
const edgeReplicas = (resources: readonly Resource[]): number =>
  resources
    .filter(({ type, name }) => type === "kubernetes:apps/v1:Deployment" && name === "edge")
    .map(({ props }) => numberAt(props, "spec.replicas") ?? 1)[0] ?? 1;
