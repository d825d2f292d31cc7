import { type Service, type ServiceName, services } from "../../ecosystem/services.ts";
import type { Settings, SettingsOn } from "../config/schema.ts";
import { settingsOn, shapingOf, targetsOf } from "../config/settings.ts";
import { addressOf, databaseOf, peersBehindIdentity } from "./addresses.ts";
import { checkRelease, imagesOf, type Release, seal } from "./release.ts";
import { freeze, type Revision } from "./revision.ts";
import { isUnpublished } from "./unpublished.ts";

/** The image of each service. */
export type ImageChoice = Record<ServiceName, string>;

/**
 * Freezes a stack's settings and images into revisions, for every target that the stack has settings for. Throws a
 * ReleaseError for a revision that could not run safely.
 */
export function makeRelease(asked: {
  stack: string;
  name: string;
  settings: Settings;
  images: ImageChoice;
  created: Date;
}): Release {
  const { stack, name, settings, images, created } = asked;
  const revisions: Release["revisions"] = Object.fromEntries(
    targetsOf(settings).map((target) => [
      target,
      services.map((service) =>
        revisionOf(service, settingsOn(settings, target, "the stack's settings"), images[service.name]),
      ),
    ]),
  );
  const release = seal({
    name,
    stack,
    created: created.toISOString(),
    ...(imagesOf({ revisions }).some(isUnpublished) && { unpublished: true }),
    revisions,
  });
  return checkRelease(release, `release ${name} of ${stack}`);
}

function revisionOf(service: Service, settings: SettingsOn, image: string): Revision {
  const { target } = settings;
  const { sizes, sessions: chosen } = shapingOf(settings);
  const size = { ...service.sizes[target], ...definedOf(sizes?.[service.name]) };
  const sessions = chosen?.[service.name] ?? service.sessions[target];
  return freeze({
    service: service.name,
    image,
    command: [...service.command],
    port: service.port,
    path: service.path,
    health: service.health,
    metrics: service.metrics,
    environment: {
      ...service.environment,
      ...(sessions === "stateless" && { FASTMCP_STATELESS_HTTP: "true" }),
      ...peers(service, settings),
      ...database(service, settings),
      ...collector(service, settings.collector),
    },
    secrets: { ...service.secrets },
    files: { ...service.files },
    state: service.state.path,
    scratch: [...service.scratch],
    sessions,
    cpu: size.cpu,
    memoryMi: size.memoryMi,
    instances: size.instances,
    startupSeconds: service.startupSeconds,
    stopSeconds: service.stopSeconds,
    ...(settings.target === "cloud-run" && identityProxy(service, settings)),
  });
}

const definedOf = <T extends object>(value: T | undefined): { [K in keyof T]-?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(value ?? {}).filter(([, item]) => item !== undefined)) as never;

const peers = (service: Service, settings: SettingsOn): Record<string, string> =>
  Object.fromEntries(
    Object.entries(service.peers).map(([variable, peer]) => [
      variable,
      String(addressOf(peer.service, settings)[peer.part]),
    ]),
  );

const database = (service: Service, settings: SettingsOn): Record<string, string> =>
  Object.fromEntries(
    Object.entries(service.database).map(([variable, part]) => [
      variable,
      String(databaseOf(service.name, settings)[part]),
    ]),
  );

/** The proxy runs the image of the edge, which is Envoy. */
function identityProxy(service: Service, settings: SettingsOn<"cloud-run">): Pick<Revision, "identityProxy"> {
  const peers = peersBehindIdentity(service, settings);
  return peers.length > 0 ? { identityProxy: { image: settings.edge.image, peers } } : {};
}

const collector = ({ collector }: Service, address: string | undefined): Record<string, string> =>
  address === undefined ? { ...collector.without } : { [collector.variable]: address, ...collector.with };
