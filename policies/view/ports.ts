import type { ContainerView } from "./container.ts";
import type { EdgeListener } from "./edge.ts";

/** An address that only this host reaches. */
export const isLoopback = (address: string): boolean => address === "::1" || /^127\./.test(address);

/** What an edge does with what reaches a port that it publishes; undefined where the container is no edge. */
export const listenerAt = (
  { words }: ContainerView,
  port: number,
  listeners: readonly EdgeListener[],
): EdgeListener | undefined => (words.includes("envoy") ? listeners.find((one) => one.port === port) : undefined);
