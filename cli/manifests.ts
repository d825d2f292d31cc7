import { projectFolder } from "./paths.ts";
import { stackOption } from "./stack-option.ts";
import { verb } from "./verb.ts";

export const command = verb<{ stack: string }>(
  "manifests",
  "print the stack as Kubernetes objects for kubectl, with secrets as references",
  "npx maha manifests --stack prod | kubectl apply -f -",
  async (_, { stack }, io) => {
    const { asYaml, manifestsOf } = await import("../infra/targets/kubernetes/manifests.ts");
    const manifests = await manifestsOf(projectFolder(), stack);
    if (!io.json) process.stdout.write(asYaml(manifests));
    io.print({ apiVersion: "v1", kind: "List", items: manifests.objects });
    return 0;
  },
).addOption(stackOption());
