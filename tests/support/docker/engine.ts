import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

/** True where a Docker engine answers. */
export const hasEngine = spawnSync("docker", ["version", "--format", "{{.Server.Version}}"]).status === 0;

/** Runs a command of Docker's and answers what it printed. Throws with what it said. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("docker", args, {
    // what every engine can build with
    env: { ...process.env, DOCKER_BUILDKIT: "0" },
    maxBuffer: 2 ** 26,
  });
  return stdout;
}
