import { pathOption } from "./paths.ts";
import { verb } from "./verb.ts";

export const command = verb<{ reason: string }>(
  "rollback [journal]",
  "roll an interrupted or held promotion back to stable (default: the newest rehearsal)",
  "npx maha rollback --reason 'users report errors'",
  async ([journal], { reason }, io) => {
    const { findFolder } = await import("../rehearsal/folder.ts");
    const { rollBackRehearsal } = await import("../rehearsal/rehearse.ts");
    const { perform } = await import("./performance.ts");
    const folder = await findFolder(journal === undefined ? undefined : pathOption(journal));
    return perform((audience) => rollBackRehearsal(folder, audience, reason), io, "rolled-back");
  },
).option("--reason <text>", "the reason, recorded in the journal", "ordered by a person");
