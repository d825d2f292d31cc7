import type { Secret } from "../../../ecosystem/secrets.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { MiB, Seconds } from "../../../ecosystem/units.ts";
import type { Revision } from "../../release/revision.ts";

/** The folder of a container's secrets. */
export const SECRETS = "/run/secrets";

/** A volume of a stack on its host. `keeps` is true when it holds users' data. */
export type Volume = { key: string; keeps: boolean };

/** The volume of a single service: it belongs to the service, whichever revision uses it. */
export const serviceVolume = (service: ServiceName): Volume => ({ key: `${service}-data`, keeps: true });

/** A volume or host folder mounted in a container. */
export type Mount = { path: string; readOnly?: boolean } & ({ volume: Volume } | { folder: string });

/** A command that exits with 0 while the container is healthy; `startSeconds` is the time until it first may have to. */
export type Health = { test: readonly string[]; startSeconds: Seconds };

/**
 * A container of a stack on one Docker host. The Pulumi program and compose.yaml are both rendered from it. What all
 * containers share (no root, no capabilities, a read-only root, rotated logs) is in the renderings.
 */
export type ComposeContainer = {
  /** Its name in the program and in compose.yaml. A container with the same key replaces its predecessor, which is removed first. */
  key: string;
  /** Its name on the host. */
  name: string;
  /** The revision that it runs; none if it is not a service. */
  revision?: Revision;
  image: string;
  /** As uid:gid. */
  user: string;
  /** The entrypoint; the image's own by default. */
  entrypoint?: readonly string[];
  command?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** The secrets in its `/run/secrets`, each a file of that name. */
  secrets?: readonly Secret[];
  mounts?: readonly Mount[];
  /** Writable scratch folders. */
  scratch?: readonly string[];
  /** Its endpoint in the stack's network; none if it needs no network. */
  network?: NetworkAttachment;
  /** Its ports published on the host. */
  published?: { address: string; ports: readonly number[] };
  cpu: number;
  memoryMi: MiB;
  /** The maximum number of its processes and threads. */
  processes: number;
  /** A container without a health check runs once and exits. */
  health?: Health;
  /** Grace period after the stop signal. */
  stopSeconds: Seconds;
  /** The keys of the containers that must be healthy, or finished, before it starts. */
  after: readonly string[];
};

/** True for the single writer of a service's volume, whichever revision it runs: its replacement gets all its traffic. */
export const isOnlyWriter = ({ key, revision }: ComposeContainer): boolean => key === revision?.service;

/** A fixed address, its names, and whether the container has egress. */
export type NetworkAttachment = { address: string; aliases?: readonly string[]; outside?: boolean };

/** The user of our own images, which owns `/data` or the edge's folder in them. */
export const OURS = "10001:10001";

/** An HTTP health check inside the container, with the one client that all our images have. */
export const asksHttp = (url: string): string[] => [
  "CMD",
  "python3",
  "-c",
  `import urllib.request,sys; sys.exit(0 if urllib.request.urlopen('${url}', timeout=2).status == 200 else 1)`,
];
