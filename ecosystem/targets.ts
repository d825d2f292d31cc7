/** The platforms that a stack can run on. */
export const targets = ["cloud-run", "compose", "kubernetes"] as const;
export type Target = (typeof targets)[number];

/**
 * How a service keeps its sessions on a target: `stateless` (any instance answers), `sticky` (a session stays where it
 * began), `single` (one writer on one volume: never two at once).
 */
export type SessionModel = "stateless" | "sticky" | "single";
