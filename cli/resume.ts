import { pathOption } from "./paths.ts";
import { verb } from "./verb.ts";

export const command = verb(
  "resume [journal]",
  "finish an interrupted or held promotion (default: the newest rehearsal)",
  "npx maha resume .maha/rehearsal/2026-01-31T12-00-00-4711/journal.jsonl",
  async ([journal], _, io) => {
    const { findFolder } = await import("../rehearsal/folder.ts");
    const { resumeRehearsal } = await import("../rehearsal/rehearse.ts");
    const { perform } = await import("./performance.ts");
    const folder = await findFolder(journal === undefined ? undefined : pathOption(journal));
    return perform((audience) => resumeRehearsal(folder, audience), io);
  },
);
