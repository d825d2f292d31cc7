import type { Target } from "../../ecosystem/targets.ts";
import { projectFolder } from "../paths.ts";
import { stackOption, targetOption } from "../stack-option.ts";
import { verb } from "../verb.ts";

type CheckFlags = { stack: string; target?: Target };

export const check = verb<CheckFlags>(
  "check",
  "check names, formats and ages of a stack's secrets without printing one",
  "npx maha secrets check --stack prod",
  async (_, { stack, target: asked }, io) => {
    const { judgeStackSecrets, stackSecrets } = await import("../../infra/secrets/stack-secrets.ts");
    const { exitCodeOf } = await import("../../infra/secrets/judge.ts");
    const { table } = await import("../table.ts");
    const known = stackSecrets(projectFolder(), stack, asked);
    const secrets = await judgeStackSecrets(known, new Date());
    const age = (days: number | null) => (days === null ? "" : `${days} d`);
    for (const line of table(secrets.map(({ name, verdict, ageDays }) => [name, verdict, age(ageDays)]))) io.say(line);
    for (const remedy of new Set(secrets.map(({ remedy }) => remedy).filter(Boolean))) {
      const names = secrets.filter((secret) => secret.remedy === remedy).map(({ name }) => name);
      io.say(`${names.join(", ")}: ${remedy}`);
    }
    io.print({ stack, target: known.target, secrets });
    return exitCodeOf(secrets);
  },
)
  .addOption(stackOption())
  .addOption(targetOption());
