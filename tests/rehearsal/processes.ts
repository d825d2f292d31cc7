import { execFileSync } from "node:child_process";

/** How long a test waits for what should happen at once, also on a busy machine. */
export const soon = { timeout: 10_000 };

/** Whether a process lives; one that has ended and waits to be noticed does not. */
export function lives(pid: number): boolean {
  return table().some((row) => row.pid === pid);
}

/** Every process that a process has started, and that those have started, and so on. */
export function descendants(pid: number): { pid: number; command: string }[] {
  const rows = table();
  const below = (parent: number): typeof rows =>
    rows.filter(({ parentPid }) => parentPid === parent).flatMap((row) => [row, ...below(row.pid)]);
  return below(pid);
}

function table(): { pid: number; parentPid: number; command: string }[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,args="], { encoding: "utf8" }).trim().split("\n");
  return lines.flatMap((line) => {
    const [, pid, parentPid, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return state?.startsWith("Z") ? [] : [{ pid: Number(pid), parentPid: Number(parentPid), command: command ?? "" }];
  });
}
