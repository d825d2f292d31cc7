import { projectFolder } from "../paths.ts";
import { stackOption } from "../stack-option.ts";
import { verb } from "../verb.ts";
import { type ReleaseFlags, releaseOption } from "./options.ts";

export const list = verb<ReleaseFlags>(
  "list",
  "list the evidence for a release, and whether it still counts",
  "npx maha evidence list --stack prod",
  async (_, flags, io) => {
    const { listEvidence } = await import("../../readiness/evidence.ts");
    const { table } = await import("../table.ts");
    const { release, listed } = listEvidence(projectFolder(), flags, new Date());
    const rows = listed.map(({ file, evidence, objection }) => [
      file,
      evidence?.date.slice(0, 16).replace("T", " ") ?? "",
      objection ?? "valid",
    ]);
    for (const line of rows.length ? table(rows) : [`there is no evidence for release ${release} yet`]) io.say(line);
    for (const { file, evidence } of listed) if (evidence) io.print({ file, ...evidence });
    return 0;
  },
)
  .addOption(stackOption())
  .addOption(releaseOption());
