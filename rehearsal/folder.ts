import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { planSchema } from "../promotion/plan.ts";
import { RehearsalError } from "./error.ts";

/** Where rehearsals are kept, under the folder in which the command runs. */
const ROOT = ".maha/rehearsal";

const settingsSchema = z.strictObject({
  workload: z.string().nullable(),
  plan: planSchema,
  rps: z.number(),
  fault: z.string().nullable(),
  sourceDown: z.number(),
  seed: z.int(),
});

/** What was asked for, as it is kept for a resume: a workload file (null: the built-in one), a fault by its name, seconds of a silent source. */
export type RehearsalSettings = z.infer<typeof settingsSchema>;

/** The folder of one rehearsal and the files in it. */
export type RehearsalFolder = {
  id: string;
  path: string;
  journal: string;
  settings: string;
  report: string;
  summary: string;
  edge: string;
};

const at = (path: string): RehearsalFolder => ({
  id: basename(path),
  path,
  journal: join(path, "journal.jsonl"),
  settings: join(path, "rehearsal.json"),
  report: join(path, "report.html"),
  summary: join(path, "summary.json"),
  edge: join(path, "edge"),
});

/** Makes the folder of a new rehearsal, named by its time; `now` is in milliseconds since the epoch. */
export async function newFolder(settings: RehearsalSettings, now: number, pid: number): Promise<RehearsalFolder> {
  const id = `${new Date(now).toISOString().slice(0, 19).replaceAll(":", "-")}-${pid}`;
  const folder = at(resolve(ROOT, id));
  await mkdir(folder.path, { recursive: true });
  await writeFile(folder.settings, `${JSON.stringify(settings, null, 2)}\n`);
  return folder;
}

/** The folder that a journal lies in; without a journal, that of the newest rehearsal. Throws a RehearsalError where there is none. */
export async function findFolder(journal: string | undefined): Promise<RehearsalFolder> {
  if (journal === undefined) return newest();
  if (!(await stat(journal).catch(() => null))?.isFile())
    throw new RehearsalError(`there is no journal ${journal}. ${example}`);
  return at(dirname(resolve(journal)));
}

/** What the rehearsal in a folder was asked to do. Throws a RehearsalError where nothing readable says it. */
export async function readSettings({ settings }: RehearsalFolder): Promise<RehearsalSettings> {
  try {
    return settingsSchema.parse(JSON.parse(await readFile(settings, "utf8")));
  } catch (error) {
    throw new RehearsalError(
      `${settings} does not say what was rehearsed: ${error instanceof Error ? error.message : error}. ${example}`,
    );
  }
}

async function newest(): Promise<RehearsalFolder> {
  const names = await readdir(ROOT).catch(() => []);
  const latest = names.sort().at(-1);
  if (latest === undefined)
    throw new RehearsalError(`there is no rehearsal in ${resolve(ROOT)} to go on with. ${example}`);
  return at(resolve(ROOT, latest));
}

const example = `Example: npx maha resume ${ROOT}/2026-01-31T12-00-00-4711/journal.jsonl`;
