import type { Secret } from "../../../ecosystem/secrets.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { MiB, Seconds } from "../../../ecosystem/units.ts";
import type { Revision } from "../../release/revision.ts";

/** Where a container finds its secrets. */
export const SECRETS = "/run/secrets";

/** A volume of a stack on its host. `keeps` is true where losing it would lose somebody's data. */
export type Volume = { key: string; keeps: boolean };

/** The volume of a single service: it belongs to the service, whichever revision writes to it. */
export const serviceVolume = (service: ServiceName): Volume => ({ key: `${service}-data`, keeps: true });

/** What a container sees of a volume, or of a folder of its host. */
export type Mount = { path: string; readOnly?: boolean } & ({ volume: Volume } | { folder: string });

/** A command that answers 0 while all is well; `startSeconds` are how long it may take until it does so first. */
export type Health = { test: readonly string[]; startSeconds: Seconds };

/**
 * A container of a stack on one Docker host, said once: the Pulumi program and compose.yaml are two renderings of it.
 * What is the same for all of them (no root, no capabilities, a read-only root, rotated logs) stands in the renderings.
 */
export type ComposeContainer = {
  /** What the program and compose.yaml call it. A container with the same key takes its predecessor's place: first the old one goes. */
  key: string;
  /** Its name on the host. */
  name: string;
  /** The revision that it runs; none where it is no service. */
  revision?: Revision;
  image: string;
  /** As uid:gid. */
  user: string;
  /** Who starts the command; the image's own entrypoint where nothing is said. */
  entrypoint?: readonly string[];
  command?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** The secrets that it finds as files in `/run/secrets`, each by its name. */
  secrets?: readonly Secret[];
  mounts?: readonly Mount[];
  /** Folders that it may write into without keeping anything. */
  scratch?: readonly string[];
  /** Its place in the stack's network; none where it needs no network at all. */
  network?: NetworkAttachment;
  /** What of it can be called from outside its host's networks. */
  published?: { address: string; ports: readonly number[] };
  cpu: number;
  memoryMi: MiB;
  /** The most processes and threads that it may have. */
  processes: number;
  /** A container without a health check does its work once and ends. */
  health?: Health;
  /** How long it may take to end when it is told to. */
  stopSeconds: Seconds;
  /** The keys of those that must be healthy, or have done their work, before it starts. */
  after: readonly string[];
};

/** True for the one writer of a service's volume, whichever revision it runs: another in its place has all its traffic. */
export const isOnlyWriter = ({ key, revision }: ComposeContainer): boolean => key === revision?.service;

/** An address that never changes, names that lead to it, and whether the container can reach the world outside. */
export type NetworkAttachment = { address: string; aliases?: readonly string[]; outside?: boolean };

/** The user of the images that are ours; they make `/data`, or the edge's folder, theirs. */
export const OURS = "10001:10001";

/** Asks a server in its own container over HTTP, with the one client that all our images have. */
export const asksHttp = (url: string): string[] => [
  "CMD",
  "python3",
  "-c",
  `import urllib.request,sys; sys.exit(0 if urllib.request.urlopen('${url}', timeout=2).status == 200 else 1)`,
];
