import { type ServiceName, serviceNames } from "../../ecosystem/services.ts";
import type { Resource } from "../resource.ts";

/** One container of a stack, on whatever platform it runs. What a platform cannot be told stays undefined. */
export type ContainerView = {
  resource: Resource;
  /** Where in the resource it is described; empty where the resource is the container. */
  path: string;
  /** The service whose revision it runs. */
  service: ServiceName | undefined;
  /** Its own name on the platform. */
  name: string;
  /** What it is run from. Reading it may throw a NotProven. */
  readonly image: string | undefined;
  variables: readonly Variable[];
  /** Its command and arguments. */
  words: readonly string[];
  security: {
    root: boolean | undefined;
    privileged: boolean;
    /** All capabilities are dropped, and none can be gained. */
    confined: boolean | undefined;
  };
  limits: { memory: boolean; cpu: boolean };
  probes: { starts: boolean; lives: boolean };
  ports: readonly Port[];
  mounts: readonly MountView[];
  /** False if it does one thing and ends. */
  lasting: boolean;
};

/** An environment variable: what it holds, or the secret that it gets its value from. */
export type Variable = { path: string; name: string; text?: string | undefined; secret?: string | undefined };
/** A port, and the address of the host where it is published, if it is. */
export type Port = { port: number; published?: string };
export type MountView = { volume: string; folder: string; writable: boolean };

/** The service that labels name; undefined where they name none of ours. */
export const serviceOf = (label: unknown): ServiceName | undefined => serviceNames.find((name) => name === label);

/** The digest that an image is named by; undefined where it is named by a tag alone. */
export const digestOf = (image: string | undefined): string | undefined =>
  /(?:^|@)(sha256:[0-9a-f]{64})$/.exec(image ?? "")?.[1];
