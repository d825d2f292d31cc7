import type { Target } from "../ecosystem/targets.ts";
import { projectFolder } from "./paths.ts";
import { stackOption, targetOption } from "./stack-option.ts";
import { verb } from "./verb.ts";

type GraphFlags = { stack: string; target?: Target };

export const command = verb<GraphFlags>(
  "graph",
  "show the resources that the program creates, without a cloud or a Pulumi engine",
  "npx maha graph --stack prod --target kubernetes",
  async (_, { stack, target }, io) => {
    const { graphOf } = await import("../infra/graph/offline.ts");
    const { asTree } = await import("../infra/graph/tree.ts");
    const graph = await graphOf(projectFolder(), stack, target);
    for (const line of asTree(graph)) io.say(line);
    io.print(graph);
    return 0;
  },
)
  .addOption(stackOption())
  .addOption(targetOption());
