import { createInterface } from "node:readline/promises";
import { pathOption } from "./paths.ts";
import { UsageError } from "./usage.ts";
import { type Io, verb } from "./verb.ts";

export const command = verb<{ yes?: boolean }>(
  "resume [journal]",
  "finish an interrupted or held promotion (default: the newest rehearsal)",
  "npx maha resume .maha/rehearsal/2026-01-31T12-00-00-4711/journal.jsonl",
  async ([journal], { yes = false }, io) => {
    const { findFolder, isOwn } = await import("../rehearsal/folder.ts");
    const { commandsOf, resumeRehearsal } = await import("../rehearsal/rehearse.ts");
    const { perform } = await import("./performance.ts");
    const folder = await findFolder(journal === undefined ? undefined : pathOption(journal));
    if (!yes && !(await isOwn(folder))) await confirm(folder.path, await commandsOf(folder), io);
    return perform((audience) => resumeRehearsal(folder, audience), io);
  },
).option("--yes", "run the commands of a folder outside .maha without asking");

/** Shows the commands that a folder from elsewhere would run, and asks for confirmation. @throws UsageError without it */
async function confirm(folder: string, commands: string[], io: Io): Promise<void> {
  io.say(`${folder} is outside .maha/rehearsal. Resuming it runs these commands:`);
  for (const command of commands) io.say(`  ${command}`);
  if (!process.stdin.isTTY)
    throw new UsageError("confirmation needs a terminal. Read the commands above, then add --yes to run them");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question("Run them? [y/N] ");
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError("not resumed: the commands were not confirmed");
}
