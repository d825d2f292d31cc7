import { isDeepStrictEqual } from "node:util";
import type { Milliseconds } from "../../../ecosystem/units.ts";
import { edgePaths, FILES } from "../../../edge/paths.ts";
import { checkSettings, type Edge, type EdgeSettings, restingPosition } from "../../../edge/settings.ts";
import { type Clock, systemClock } from "../../clock.ts";
import { type Admin, adminSocket, isListening } from "./admin.ts";
import { writeFiles, writePreviewToken } from "./folder.ts";
import { listenersInForce, rejections } from "./readback.ts";
import { type EdgeStep, stepsTo } from "./steps.ts";

/** How long Envoy may take to apply its files, in milliseconds; 20 is typical and 151 the maximum measured. */
const LIMIT_MS: Milliseconds = 5000;
const POLL_MS: Milliseconds = 5;

/**
 * Puts an edge in force, whatever its folder and its Envoy had before, and returns once Envoy is seen to have applied it.
 * It writes every file each time, so repeating it after a crash at any line is safe: a write of an earlier run that Envoy has not
 * read yet can never take effect after this one.
 * Throws when a step is not in force after 5 s, with the wanted state, the state in force and the files that Envoy rejected.
 */
export async function bringInForce(edge: Edge, admin: Admin, clock: Clock): Promise<void> {
  const before = await rejections(admin).catch(() => new Map<string, number>());
  const listening = await listenersInForce(admin).catch(() => new Map());
  for (const step of await begin(edge, [...listening.keys()])) {
    await step.write();
    await inForce(edge.settings.folder, step, { admin, clock, before });
  }
  await writeFiles(edge, [FILES.declared, FILES.bootstrap]);
}

/**
 * Writes an edge's folder before Envoy runs: the same files in the same order, without waiting. Envoy's bootstrap is written
 * last, so that Envoy starts on a complete folder.
 */
export async function fillFolder(edge: Edge): Promise<void> {
  for (const step of await begin(edge, [])) await step.write();
  await writeFiles(edge, [FILES.declared, FILES.bootstrap]);
}

/** Puts an edge in force if its Envoy is running; otherwise only fills the folder. */
export async function bringOrFill(edge: Edge): Promise<void> {
  const { admin } = edgePaths(edge.settings.folder);
  if (await isListening(admin)) await bringInForce(edge, adminSocket(admin), systemClock);
  else await fillFolder(edge);
}

/** Fills the folder of a new edge: stable gets all traffic except the candidate's `share`, in percent. */
export async function createEdge(settings: EdgeSettings, share = restingPosition.share): Promise<void> {
  const edge = { settings: checkSettings(settings), position: { ...restingPosition, share } };
  await writePreviewToken(edge.settings);
  await fillFolder(edge);
}

/** The intended position is stored before Envoy reads any of it, so that another process can take over from there. */
async function begin(edge: Edge, listening: readonly string[]): Promise<EdgeStep[]> {
  await writeFiles(edge, [FILES.settings, FILES.sampleBudget]);
  return stepsTo(edge, listening);
}

type WatchedEnvoy = { admin: Admin; clock: Clock; before: ReadonlyMap<string, number> };

async function inForce(folder: string, step: EdgeStep, { admin, clock, before }: WatchedEnvoy): Promise<void> {
  const { what, wanted, read, counters } = step;
  const limit = clock.now() + LIMIT_MS;
  for (;;) {
    const now = await read(admin).catch((error: Error) => error.message);
    if (isDeepStrictEqual(now, wanted)) return;
    const after = await rejections(admin).catch(() => before);
    const rejected = counters.filter((counter) => (after.get(counter) ?? 0) > (before.get(counter) ?? 0));
    if (rejected.length > 0 || clock.now() >= limit) {
      throw new Error(
        [
          `the edge in ${folder} did not apply ${what}: wanted ${show(wanted)}, in force ${show(now)}.`,
          rejected.length > 0
            ? `Envoy rejected the file (${rejected.join(", ")}) and keeps the old one; its log says why.`
            : `Envoy rejected nothing in ${LIMIT_MS / 1000} s; is it running and watching ${edgePaths(folder).xds}?`,
        ].join(" "),
      );
    }
    await clock.sleep(POLL_MS);
  }
}

const show = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
