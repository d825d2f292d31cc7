import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Percent } from "../ecosystem/units.ts";
import { RehearsalError } from "./error.ts";

/** A fault to inject: its kind and, for some kinds, its number. */
export type Fault =
  | { kind: "dead" }
  | { kind: "crash" }
  | { kind: "outage" }
  | { kind: "errors" | "tool-errors" | "cut-streams"; percent: Percent }
  | { kind: "slow"; ms: number }
  | { kind: "late"; share: Percent };

/** What a server's fault proxy does to MCP requests. Everything else, such as health checks, passes through. */
export type Behaviour =
  | { kind: "healthy" }
  | { kind: "dead" }
  | { kind: "crash" }
  | { kind: "errors" | "tool-errors" | "cut-streams"; percent: Percent }
  | { kind: "slow"; ms: number };

/**
 * Parses a fault from the command line, for example `dead` or `errors:5`.
 * Throws a `RehearsalError` that lists all faults if it is unknown, or its number is missing or out of range.
 */
export function parseFault(text: string): Fault {
  const [name = "", written, ...rest] = text.split(":");
  const value = written === undefined || written.trim() === "" ? Number.NaN : Number(written);
  const within = (low: number, high: number) => rest.length === 0 && value > low && value <= high;
  switch (name) {
    case "dead":
    case "crash":
    case "outage":
      if (written === undefined) return { kind: name };
      break;
    case "errors":
    case "tool-errors":
    case "cut-streams":
      if (within(0, 100)) return { kind: name, percent: value };
      break;
    case "slow":
      if (within(0, 600_000)) return { kind: name, ms: value };
      break;
    case "late":
      if (within(0, 100)) return { kind: name, share: value };
      break;
  }
  throw new RehearsalError(`--fault ${text}: unknown fault. Faults:\n${FAULTS}\nExample: --fault errors:5`);
}

/**
 * What the role's fault proxy does while `share` (percent of new sessions that go to the candidate) is in force.
 * Faults start with the first step, so that smoke tests cannot catch them.
 */
export function faultAt(fault: Fault | null, role: RevisionRole, share: Percent): Behaviour {
  if (fault === null || share <= 0) return { kind: "healthy" };
  if (fault.kind === "outage") return { kind: "dead" };
  if (role === "stable") return { kind: "healthy" };
  if (fault.kind === "late") return { kind: share >= fault.share ? "dead" : "healthy" };
  return fault;
}

const FAULTS = `  dead               every request to the candidate gets a 503 from the first step on; its health check stays green
  crash              the candidate is killed at the first step
  errors:PCT         PCT % of the candidate's requests get a 503 (over 0, up to 100)
  slow:MS            the candidate's responses are delayed by MS milliseconds (up to 600000)
  tool-errors:PCT    PCT % of the candidate's tool calls return a tool error
  cut-streams:PCT    PCT % of the candidate's responses are cut off midway
  late:SHARE         the candidate is dead from that share on (over 0, up to 100)
  outage             stable and candidate are both dead from the first step on`;
