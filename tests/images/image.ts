import { randomBytes } from "node:crypto";
import { secrets } from "../../ecosystem/secrets.ts";
import { docker, hasEngine } from "../fixtures/docker/engine.ts";
import type { Need } from "../fixtures/tools.ts";

/** The built image of a service, for suites that run the real server: `MAHA_TEST_IMAGE_SESSION_BUDDY=<id>` and so on. */
export const imageOf = (service: string): string | undefined =>
  process.env[`MAHA_TEST_IMAGE_${service.toUpperCase().replaceAll("-", "_")}`];

/** What such a suite needs. */
export const builtImage = (service: string): Need => ({
  name: `a Docker engine and the built image of ${service} (MAHA_TEST_IMAGE_${service.toUpperCase().replaceAll("-", "_")})`,
  there: hasEngine && imageOf(service) !== undefined,
  optional: true,
});

/** A value of a secret's form. */
export function secretValue(secret: string): string {
  const form = secrets[secret]?.form;
  const values = [
    randomBytes(32).toString("hex"),
    `${randomBytes(32).toString("base64url")}=`,
    randomBytes(24).toString("hex"),
    "postgresql://nobody:nothing@postgres:5432/none",
  ];
  const value = values.find((one) => form?.holds(one));
  if (value === undefined) throw new Error(`no value of the form of ${secret}`);
  return value;
}

/** Runs Python inside a container, with this text as its program. */
export const python = (container: string, program: string, ...args: string[]): Promise<string> =>
  docker("exec", container, "python", "-c", program, ...args);

/** Resolves once a server inside its container passes its health check; throws its last lines when it does not within the time. */
export async function healthy(container: string, port: number, path: string, seconds: number): Promise<void> {
  const ask = `import urllib.request; urllib.request.urlopen("http://127.0.0.1:${port}${path}", timeout=2)`;
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const answered = await python(container, ask).then(
      () => true,
      () => false,
    );
    if (answered) return;
    const running = (await docker("inspect", "--format", "{{.State.Running}}", container)).trim() === "true";
    if (!running || Date.now() > until) {
      const { stdout, stderr } = await logs(container);
      throw new Error(`${container} is not healthy after ${seconds} s (running: ${running}):\n${stdout}${stderr}`);
    }
  }
}

async function logs(container: string): Promise<{ stdout: string; stderr: string }> {
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  return promisify(execFile)("docker", ["logs", "--tail", "20", container]);
}
