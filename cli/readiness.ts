import type { Target } from "../ecosystem/targets.ts";
import type { Report } from "../policies/report.ts";
import { pathOption, projectFolder } from "./paths.ts";
import { stackOption, targetOption } from "./stack-option.ts";
import { verb } from "./verb.ts";

type Flags = { stack: string; target?: Target; file?: string; markdown?: boolean };

export const command = verb<Flags>(
  "readiness",
  "ask the fourteen checks whether a stack may be deployed",
  "npx maha readiness --stack prod",
  async (_, flags, io) => {
    const { readinessOf } = await import("../readiness/readiness.ts");
    const { lines, markdown } = await import("../readiness/words.ts");
    const { exitCodeOf } = await import("../policies/report.ts");
    const report = await readinessOf(projectFolder(), flags, new Date());
    if (flags.markdown) process.stdout.write(`${markdown(report)}\n`);
    else for (const line of lines(report)) io.say(line);
    io.print(asJson(report));
    return exitCodeOf(report);
  },
)
  .addOption(stackOption())
  .addOption(targetOption())
  .option("--file <state>", "judge an exported state instead (pulumi stack export --file state.json)", pathOption)
  .option("--markdown", "print Markdown on standard output, for a pull request");

/** Each check with its worst finding in front, and all the others behind it. */
function asJson({ checks, rules, ...report }: Report) {
  const flat = <Outcome extends Report["rules"][number]>({ findings, ...outcome }: Outcome) => {
    const told = findings.filter(({ verdict }) => verdict === outcome.verdict);
    const { resource, reason } = told[0] ?? { resource: "stack", reason: "" };
    return { ...outcome, resource, reason, findings: told };
  };
  return { ...report, checks: checks.map(flat), rules: rules.map(flat) };
}
