import { projectFolder, stackOption } from "./stack-option.ts";
import { verb } from "./verb.ts";

export const command = verb<{ stack: string }>(
  "manifests",
  "print the stack as Kubernetes objects for kubectl, secrets as references",
  "maha manifests --stack prod | kubectl apply -f -",
  async (_, { stack }, io) => {
    const { graphOf } = await import("../infra/graph/offline.ts");
    const { asYaml, manifestsOf } = await import("../infra/targets/kubernetes/manifests.ts");
    const graph = await graphOf(projectFolder(), stack, "kubernetes");
    const items = manifestsOf(graph);
    if (!io.json) process.stdout.write(asYaml(graph, items));
    io.print({ apiVersion: "v1", kind: "List", items });
    return 0;
  },
).addOption(stackOption());
