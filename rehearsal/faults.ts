import type { RevisionRole } from "../ecosystem/revision-role.ts";
import { RehearsalError } from "./error.ts";

/** A fault that a rehearsal injects: what it is and, where it has one, its number. */
export type Fault =
  | { kind: "dead" }
  | { kind: "crash" }
  | { kind: "outage" }
  | { kind: "errors" | "tool-errors" | "cut-streams"; percent: number }
  | { kind: "slow"; ms: number }
  | { kind: "late"; share: number };

/** What the proxy in front of one server does to MCP requests. Everything else, health checks above all, passes untouched. */
export type Behaviour =
  | { kind: "healthy" }
  | { kind: "dead" }
  | { kind: "crash" }
  | { kind: "errors" | "tool-errors" | "cut-streams"; percent: number }
  | { kind: "slow"; ms: number };

/**
 * Reads a fault as it is written on the command line, for example `dead` or `errors:5`.
 * Throws a `RehearsalError` that names every fault there is when it is unknown or its number is missing or out of range.
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
  throw new RehearsalError(
    `--fault ${text}: there is no such fault. The faults are:\n${FAULTS}\nExample: --fault errors:5`,
  );
}

/**
 * What the proxy of that role does while `share` (percent of new sessions that go to the candidate) is in force.
 * Nothing is broken before the first step, so that every fault is one that smoke tests could not see.
 */
export function faultAt(fault: Fault | null, role: RevisionRole, share: number): Behaviour {
  if (fault === null || share <= 0) return { kind: "healthy" };
  if (fault.kind === "outage") return { kind: "dead" };
  if (role === "stable") return { kind: "healthy" };
  if (fault.kind === "late") return { kind: share >= fault.share ? "dead" : "healthy" };
  return fault;
}

const FAULTS = `  dead               from the first step on every request to the candidate gets a 503, while its health looks good
  crash              the candidate is killed at the first step
  errors:PCT         that percentage of the candidate's requests gets a 503 (over 0, up to 100)
  slow:MS            the candidate answers that many milliseconds late (up to 600000)
  tool-errors:PCT    that percentage of the candidate's tool calls returns a tool error
  cut-streams:PCT    that percentage of the candidate's answers breaks off in the middle
  late:SHARE         the candidate is dead from that share on (over 0, up to 100)
  outage             stable and candidate are both dead from the first step on`;
