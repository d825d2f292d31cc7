import type { SettingsOn } from "./config/schema.ts";
import { edgeConfigMap, edgeContainer, edgeFolder, namespaceOf } from "./names.ts";

/** How to find a stack's traffic on its platform, as data. */
export type TrafficPlace =
  | { target: "cloud-run"; project: string; region: string; stable: Record<string, string> }
  | { target: "compose"; host: string; container: string; folder: string }
  | { target: "kubernetes"; context: string; namespace: string; configMap: string };

/** Where to find a stack's traffic. Needs no engine, so that reading a stack's status starts fast. */
export function trafficPlace(asked: {
  stack: string;
  settings: SettingsOn;
  services: Partial<Record<string, { stable: string }>>;
}): TrafficPlace {
  const { stack, settings, services } = asked;
  switch (settings.target) {
    case "cloud-run": {
      const { project, region } = settings.cloudRun;
      const stable = Object.entries(services).flatMap(([name, ids]) => (ids ? [[name, ids.stable]] : []));
      return { target: "cloud-run", project, region, stable: Object.fromEntries(stable) };
    }
    case "compose":
      return {
        target: "compose",
        host: settings.compose.host,
        container: edgeContainer(stack),
        folder: edgeFolder,
      };
    case "kubernetes": {
      const { context } = settings.kubernetes;
      return { target: "kubernetes", context, namespace: namespaceOf(stack), configMap: edgeConfigMap };
    }
  }
}
