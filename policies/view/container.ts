import { type ServiceName, serviceNames } from "../../ecosystem/services.ts";
import type { Resource } from "../resource.ts";

/** One container of a stack on any platform. Fields that the platform has no setting for are undefined. */
export type ContainerView = {
  resource: Resource;
  /** Its path in the resource; empty if the resource is the container. */
  path: string;
  /** The service whose revision it runs. */
  service: ServiceName | undefined;
  /** Its own name on the platform. */
  name: string;
  /** Its image. Reading it may throw a NotProven. */
  readonly image: string | undefined;
  variables: readonly Variable[];
  /** Its command and arguments. */
  words: readonly string[];
  security: {
    root: boolean | undefined;
    privileged: boolean;
    /** Whether all capabilities are dropped and none can be gained. */
    confined: boolean | undefined;
  };
  limits: { memory: boolean; cpu: boolean };
  probes: { starts: boolean; lives: boolean };
  ports: readonly Port[];
  mounts: readonly MountView[];
  /** False if it does one thing and ends. */
  lasting: boolean;
};

/** An environment variable: its plaintext value, or the secret that its value comes from. */
export type Variable = { path: string; name: string; text?: string | undefined; secret?: string | undefined };
/** A port, and the host's address that it is published on, if it is. */
export type Port = { port: number; published?: string };
export type MountView = { volume: string; folder: string; writable: boolean };

/** The service that a label names; undefined if it is not one of ours. */
export const serviceOf = (label: unknown): ServiceName | undefined => serviceNames.find((name) => name === label);

/** The digest that an image is pinned to; undefined if it is named by a tag only. */
export const digestOf = (image: string | undefined): string | undefined =>
  /(?:^|@)(sha256:[0-9a-f]{64})$/.exec(image ?? "")?.[1];
