import { join } from "node:path";
import { findEnvoy } from "../../rehearsal/envoy.ts";

/** Before all suites: an Envoy, so that no suite has to wait for its installation. */
export default async function setup(): Promise<void> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await findEnvoy({ toolsFolder: join(import.meta.dirname, "../../.tools"), say });
}
