import type { Target } from "../../ecosystem/targets.ts";
import { projectFolder } from "../paths.ts";
import { stackOption, targetOption } from "../stack-option.ts";
import { verb } from "../verb.ts";

type InitFlags = { stack: string; target?: Target; rotate?: string };

export const init = verb<InitFlags>(
  "init",
  "create missing secrets, and list those that you must provide",
  "npx maha secrets init --stack staging --rotate auth-secret",
  async (_, { stack, target, rotate }, io) => {
    const { stackSecrets } = await import("../../infra/secrets/stack-secrets.ts");
    const { initSecrets, rotateSecret } = await import("../../infra/secrets/init.ts");
    const before = { ...stackSecrets(projectFolder(), stack, target), today: new Date() };
    if (rotate !== undefined) {
      await rotateSecret(rotate, before);
      io.say(`${rotate} of ${stack} has a new value; it takes effect with the next pulumi up --stack ${stack}`);
      io.print({ stack, target: before.target, rotated: rotate });
      return 0;
    }
    const { made, dated, given } = await initSecrets(before);
    for (const name of made) io.say(`created   ${name}`);
    for (const name of dated) io.say(`dated     ${name}: set today or earlier`);
    for (const { name, purpose, command } of given) io.say(`provide   ${name} (${purpose}):\n          ${command}`);
    if (made.length + dated.length + given.length === 0) {
      io.say(`${stack} has all of its ${before.required.length} secrets`);
    }
    io.print({ stack, target: before.target, made, dated, given });
    return given.length > 0 ? 2 : 0;
  },
)
  .addOption(stackOption())
  .addOption(targetOption())
  .option(
    "--rotate <name>",
    "replace this secret; prompts for a value that you provide, or reads it from standard input",
  );
