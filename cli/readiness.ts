import type { Target } from "../ecosystem/targets.ts";
import { pathOption, projectFolder } from "./paths.ts";
import { stackOption, targetOption } from "./stack-option.ts";
import { verb } from "./verb.ts";

type ReadinessFlags = { stack: string; target?: Target; file?: string; markdown?: boolean };

export const command = verb<ReadinessFlags>(
  "readiness",
  "check whether a stack is ready to be deployed",
  "npx maha readiness --stack prod",
  async (_, flags, io) => {
    const { readinessOf } = await import("../readiness/readiness.ts");
    const { json, lines, markdown } = await import("../readiness/formats.ts");
    const { exitCodeOf } = await import("../policies/report.ts");
    const report = await readinessOf(projectFolder(), flags, new Date());
    if (flags.markdown) process.stdout.write(`${markdown(report)}\n`);
    else for (const line of lines(report)) io.say(line);
    io.print(json(report));
    return exitCodeOf(report);
  },
)
  .addOption(stackOption())
  .addOption(targetOption())
  .option("--file <state>", "check an exported state instead (pulumi stack export --file state.json)", pathOption)
  .option("--markdown", "print Markdown to standard output, for a pull request");
