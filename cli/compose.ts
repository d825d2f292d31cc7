import { projectFolder } from "./paths.ts";
import { stackOption } from "./stack-option.ts";
import { verb } from "./verb.ts";

export const command = verb<{ stack: string }>(
  "compose",
  "print the stack as a compose.yaml, for a Docker host without Pulumi, with secrets as references",
  "npx maha compose --stack local > compose.yaml",
  async (_, { stack }, io) => {
    const { asYaml, composeFile, descriptionOf } = await import("../infra/targets/compose/compose-file.ts");
    const description = descriptionOf(projectFolder(), stack);
    if (!io.json) process.stdout.write(asYaml(description));
    io.print(composeFile(description));
    return 0;
  },
).addOption(stackOption());
