import type { ContainerView } from "./container.ts";
import type { EdgeListener } from "./edge.ts";

/** Whether an address is reachable from the host only. */
export const isLoopback = (address: string): boolean => address === "::1" || /^127\./.test(address);

/** The edge's listener behind a published port; undefined if the container is not an edge. */
export const listenerAt = (
  { words }: ContainerView,
  port: number,
  listeners: readonly EdgeListener[],
): EdgeListener | undefined => (words.includes("envoy") ? listeners.find((one) => one.port === port) : undefined);
