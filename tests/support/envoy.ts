import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { edgePaths } from "../../edge/paths.ts";
import type { EdgeSettings } from "../../edge/settings.ts";
import { systemClock } from "../../promotion/clock.ts";
import type { Source } from "../../promotion/source.ts";
import { edgeSource } from "../../promotion/sources/edge.ts";
import type { Target } from "../../promotion/target.ts";
import { type Admin, adminSocket } from "../../promotion/targets/edge/admin.ts";
import { createEdge } from "../../promotion/targets/edge/folder.ts";
import { edgeTarget } from "../../promotion/targets/edge/target.ts";
import { type Envoy, findEnvoy, startEnvoy } from "../../rehearsal/envoy.ts";

/** A running edge of a test, with everything that moves and counts its traffic. */
export type TestEdge = {
  settings: EdgeSettings;
  admin: Admin;
  target: Target;
  source: Source;
  /** The Envoy that runs now; another one after `start`. */
  envoy: Envoy;
  /** Starts Envoy on the same folder again, after it was stopped or killed. */
  start(): Promise<void>;
};

/** Envoy's binary, as the project itself finds or installs it. */
export const envoyBinary = () =>
  findEnvoy({ toolsFolder: join(import.meta.dirname, "..", "..", ".tools"), say: () => {} });

/** Creates the folder of an edge, starts Envoy on it and waits until it answers. `defer` is told what to do at the end; by default that is the end of the test. */
export async function startTestEdge(
  settings: EdgeSettings,
  defer: (cleanUp: () => Promise<void>) => void = onTestFinished,
): Promise<TestEdge> {
  const binary = await envoyBinary();
  await createEdge(settings);
  const admin = adminSocket(edgePaths(settings.folder).admin);
  const edge: TestEdge = {
    settings,
    admin,
    target: edgeTarget({ settings, admin, clock: systemClock }),
    source: edgeSource({ settings, admin }),
    envoy: await startEnvoy({ binary, folder: settings.folder }),
    async start() {
      edge.envoy = await startEnvoy({ binary, folder: settings.folder });
      await edge.envoy.ready;
    },
  };
  defer(() => edge.envoy.stop());
  await edge.envoy.ready;
  return edge;
}

/** A folder that is gone after the test. */
export async function temporaryFolder(defer: (cleanUp: () => Promise<void>) => void = onTestFinished): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "edge-"));
  defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
