import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/**
 * Identifies the PID space of this process: the machine's boot and the PID namespace (each container has its own). Without namespaces
 * it is the platform's name; when it cannot be determined, a unique name.
 */
export function processesName(): string {
  if (process.platform !== "linux") return process.platform;
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return randomUUID();
  }
}
