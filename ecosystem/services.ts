import { readdirSync } from "node:fs";
import type { Service, ServiceName } from "./service.ts";

export type { Service, ServiceName } from "./service.ts";

const folder = new URL("services/", import.meta.url);

/** Every file in the folder describes a service, so that adding one changes no other file. */
const described: readonly Service[] = await Promise.all(
  readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map(async (file) => ((await import(new URL(file, folder).href)) as { service: Service }).service),
);

/** The services in start order: after their peers, then by port. */
export const services: readonly Service[] = startOrder(described);
export const serviceNames: readonly ServiceName[] = services.map(({ name }) => name);

/** The service of that name. Throws if no file describes it; code that reads releases must not rely on it. */
export function serviceNamed(name: ServiceName): Service {
  const found = services.find((service) => service.name === name);
  if (!found) throw new Error(`ecosystem/services/ has no ${name}. Services: ${serviceNames.join(", ")}`);
  return found;
}

/** Sorts services by their peers. Throws for a cycle, and for a peer that does not exist. */
export function startOrder(all: readonly Service[]): Service[] {
  const peersOf = ({ peers }: Service) => Object.values(peers).map(({ service }) => service);
  const ordered: Service[] = [];
  const left = [...all].sort((a, b) => a.port - b.port);
  while (left.length > 0) {
    const next = left.findIndex((service) =>
      peersOf(service).every((peer) => ordered.some(({ name }) => name === peer)),
    );
    if (next < 0) {
      const [first] = left as [Service];
      throw new Error(
        `ecosystem/services/${first.name}.ts: its peers ${peersOf(first).join(", ")} are missing, or depend on it in turn`,
      );
    }
    ordered.push(...left.splice(next, 1));
  }
  return ordered;
}
