import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/**
 * A name for the set of processes that this one's number is from: the boot of the machine and the PID namespace (containers have their own).
 * Where there are no namespaces it is the platform's name; where it cannot be told, a name that no other process gives.
 */
export function processesName(): string {
  if (process.platform !== "linux") return process.platform;
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return randomUUID();
  }
}
