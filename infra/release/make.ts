import { type Service, type ServiceName, serviceNamed, services } from "../../ecosystem/services.ts";
import type { Target } from "../../ecosystem/targets.ts";
import type { Settings, SettingsOn } from "../config/schema.ts";
import { settingsOn, shapingOf, targetsOf } from "../config/settings.ts";
import { addressOf, databaseOf, peersBehindIdentity } from "./addresses.ts";
import { decide } from "./decide.ts";
import { historyOf, type ReleaseContent } from "./history.ts";
import { judgeRevision } from "./judge.ts";
import { FORMAT, imagesOf, type Release, ReleaseError, seal } from "./release.ts";
import type { Revision } from "./revision.ts";
import { isUnpublished } from "./unpublished.ts";

/** The image of each service. */
export type ImageChoice = Readonly<Record<ServiceName, string>>;

type MakeRequest = {
  stack: string;
  name: string;
  settings: Settings;
  images: ImageChoice;
  created: Date;
  /** The releases that the stack has, oldest first. */
  history?: readonly Release[];
  /** Gives new ids to known revisions that stable does not run. */
  retry?: boolean;
};

/**
 * Freezes a stack's settings and images into revisions, for every target that the stack has settings for. Content that was
 * released before keeps its revision id. Throws a ReleaseError for a revision that could not run safely.
 */
export function makeRelease(asked: MakeRequest): Release {
  const { stack, name, settings, images, created, history = [], retry = false } = asked;
  const revisions: Release["revisions"] = Object.fromEntries(
    targetsOf(settings).map((target) => {
      const on = settingsOn(settings, target, `Pulumi.${stack}.yaml`);
      const network = on.target === "compose" ? on.compose.subnet : undefined;
      return [
        target,
        decide(contentsOn(on, images), { before: historyOf(history, target, settings.stable), network, retry }),
      ];
    }),
  );
  for (const [target, list] of Object.entries(revisions)) {
    for (const revision of list) judgeRevision({ revision, stack, target: target as Target });
  }
  return seal({
    format: FORMAT,
    name,
    stack,
    created: created.toISOString(),
    ...(imagesOf({ revisions }).some(isUnpublished) && { unpublished: true }),
    revisions,
  });
}

/** The content of each service's revision on a target. */
function contentsOn(settings: SettingsOn, images: ImageChoice): ReleaseContent[] {
  return services.map((service) => {
    const image = images[service.name];
    if (image === undefined) throw new ReleaseError(`${service.name}: no image. Name one: --image ${service.name}=REF`);
    return contentFor(service, settings, image);
  });
}

/** Everything that shapes how a service runs on a target, from `ecosystem/` and the settings. */
function contentFor(service: Service, settings: SettingsOn, image: string): ReleaseContent {
  const { target } = settings;
  const { sizes, sessions: chosen } = shapingOf(settings);
  const size = { ...service.sizes[target], ...definedOf(sizes?.[service.name]) };
  const sessions = chosen?.[service.name] ?? service.sessions[target];
  return {
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
    data: service.state.data,
    scratch: [...service.scratch],
    sessions,
    cpu: size.cpu,
    memoryMi: size.memoryMi,
    instances: size.instances,
    startupSeconds: service.startupSeconds,
    stopSeconds: service.stopSeconds,
    peers: calledBy(service),
    internet: service.internet,
    collector: settings.collector ?? null,
    database: roleOf(service, settings),
    ...(settings.target === "cloud-run" && identityProxy(service, settings)),
  };
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

/** The distinct services that it calls. */
function calledBy({ peers }: Service): Revision["peers"] {
  const called = [...new Set(Object.values(peers).map(({ service }) => service))];
  return called.map((service) => ({ service, port: serviceNamed(service).port }));
}

/** Its database, with the secrets that open it. */
function roleOf({ name, database, secrets, secretDescriptions }: Service, settings: SettingsOn): Revision["database"] {
  if (database === null) return null;
  const url = Object.values(secrets).find((secret) => secretDescriptions[secret]?.origin === "derived") ?? null;
  return { ...databaseOf(name, settings), password: database.password, url };
}

const database = (service: Service, settings: SettingsOn): Record<string, string> =>
  Object.fromEntries(
    Object.entries(service.database?.variables ?? {}).map(([variable, part]) => [
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
