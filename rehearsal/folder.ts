import { mkdir, readdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { parseJson } from "../ecosystem/json.ts";
import { planSchema } from "../promotion/plan.ts";
import { RehearsalError } from "./error.ts";

/** The rehearsals' folder, in the working directory. */
const ROOT = ".maha/rehearsal";

const settingsSchema = z.strictObject({
  workload: z.string().nullable(),
  plan: planSchema,
  rps: z.number(),
  fault: z.string().nullable(),
  sourceDown: z.number(),
  seed: z.int(),
});

/** The settings as saved for a resume: a workload file (null: the built-in one), a fault as written, seconds without metrics. */
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

/** Creates the folder of a new rehearsal, named after the time; `now` is in milliseconds since the epoch. */
export async function newFolder(settings: RehearsalSettings, now: number, pid: number): Promise<RehearsalFolder> {
  const id = `${new Date(now).toISOString().slice(0, 19).replaceAll(":", "-")}-${pid}`;
  const folder = at(resolve(ROOT, id));
  await mkdir(folder.path, { recursive: true });
  await writeFile(folder.settings, `${JSON.stringify(settings, null, 2)}\n`);
  return folder;
}

/** A journal's folder; without a journal, that of the newest rehearsal. Throws a RehearsalError if there is none. */
export async function findFolder(journal: string | undefined): Promise<RehearsalFolder> {
  if (journal === undefined) return newest();
  if (!(await stat(journal).catch(() => null))?.isFile())
    throw new RehearsalError(`${journal}: no such journal. ${example}`);
  return at(dirname(resolve(journal)));
}

/** Whether the rehearsal was started here. Any other folder is untrusted: it names the commands that a resume runs. */
export async function isOwn({ path }: RehearsalFolder): Promise<boolean> {
  const [own, other] = await Promise.all([ROOT, path].map((folder) => realpath(folder).catch(() => null)));
  return own !== null && other !== null && dirname(other as string) === own;
}

/** The saved settings of a rehearsal. Throws a RehearsalError if they cannot be read. */
export async function readSettings({ settings }: RehearsalFolder): Promise<RehearsalSettings> {
  try {
    return settingsSchema.parse(parseJson(await readFile(settings, "utf8")));
  } catch (error) {
    throw new RehearsalError(
      `${settings}: cannot read the rehearsal's settings: ${error instanceof Error ? error.message : error}. ${example}`,
    );
  }
}

async function newest(): Promise<RehearsalFolder> {
  const names = await readdir(ROOT).catch(() => []);
  const latest = names.sort().at(-1);
  if (latest === undefined) throw new RehearsalError(`no rehearsal to resume in ${resolve(ROOT)}. ${example}`);
  return at(resolve(ROOT, latest));
}

const example = `Example: npx maha resume ${ROOT}/2026-01-31T12-00-00-4711/journal.jsonl`;
