import { Command } from "commander";
import type { Target } from "../ecosystem/targets.ts";
import { projectFolder } from "./paths.ts";
import { stackOption, targetOption } from "./stack-option.ts";
import { verb } from "./verb.ts";

type Flags = { stack: string; target?: Target };

const init = verb<Flags & { rotate?: string }>(
  "init",
  "make the secrets that are missing, and say which ones somebody must give",
  "npx maha secrets init --stack staging --rotate auth-secret",
  async (_, { stack, target: asked, rotate }, io) => {
    const { initSecrets, rotateSecret } = await import("../infra/secrets/init.ts");
    const { target, required, settings, secretsSet, config } = await readStackSecrets(stack, asked);
    const before = { stack, required, set: secretsSet, dates: settings.secretDates ?? {}, config, today: new Date() };
    if (rotate !== undefined) {
      await rotateSecret(rotate, before);
      io.say(`${rotate} of ${stack} has a new value; it counts from the next pulumi up --stack ${stack}`);
      io.print({ stack, target, rotated: rotate });
      return 0;
    }
    const { made, dated, given } = await initSecrets(before);
    for (const name of made) io.say(`made   ${name}`);
    for (const name of dated) io.say(`noted  ${name}: set today or before`);
    for (const { name, purpose, command } of given) io.say(`give   ${name} (${purpose}):\n       ${command}`);
    if (made.length + dated.length + given.length === 0) io.say(`${stack} has all of its ${required.length} secrets`);
    io.print({ stack, target, made, dated, given });
    return given.length > 0 ? 2 : 0;
  },
)
  .addOption(stackOption())
  .addOption(targetOption())
  .option("--rotate <name>", "give this one a new value; one that is given is asked for, or read from standard input");

const check = verb<Flags>(
  "check",
  "check names, forms and ages of a stack's secrets, without showing one",
  "npx maha secrets check --stack prod",
  async (_, { stack, target: asked }, io) => {
    const { exitCodeOf, judgeSecrets } = await import("../infra/secrets/judge.ts");
    const { table } = await import("./table.ts");
    const { target, required, settings, secretsSet, config } = await readStackSecrets(stack, asked);
    // where nothing is set there is nothing to decrypt either
    const values = secretsSet.length > 0 ? await config.values() : {};
    const dates = settings.secretDates ?? {};
    const secrets = judgeSecrets(required, {
      stack,
      set: secretsSet,
      ...(values && { values }),
      dates,
      today: new Date(),
    });
    const age = (days: number | null) => (days === null ? "" : `${days} d`);
    const rows = secrets.map(({ name, verdict, ageDays }) => [name, verdict, age(ageDays)]);
    for (const line of table(rows)) io.say(line);
    for (const remedy of new Set(secrets.map(({ remedy }) => remedy).filter(Boolean))) {
      const names = secrets.filter((secret) => secret.remedy === remedy).map(({ name }) => name);
      io.say(`${names.join(", ")}: ${remedy}`);
    }
    io.print({ stack, target, secrets });
    return exitCodeOf(secrets);
  },
)
  .addOption(stackOption())
  .addOption(targetOption());

export const command = new Command("secrets")
  .summary("make and check a stack's secrets")
  .description("Makes and checks a stack's secrets, and never shows one.");
for (const sub of [init, check]) command.addCommand(sub.exitOverride());

/** A stack's settings with what they say of its secrets, and whoever encrypts them. */
async function readStackSecrets(name: string, asked: Target | undefined) {
  const { readStack } = await import("../infra/config/stack-file.ts");
  const { settingsOn } = await import("../infra/config/settings.ts");
  const { requiredSecrets } = await import("../infra/secrets/required.ts");
  const { pulumiConfig } = await import("../infra/secrets/pulumi-config.ts");
  const { file, settings: all, secretsSet } = readStack(projectFolder(), name);
  const target = asked ?? all.target;
  const settings = settingsOn(all, target, file);
  const required = requiredSecrets(settings);
  return { target, required, settings, secretsSet, config: pulumiConfig(projectFolder(), name) };
}
