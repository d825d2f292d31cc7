import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { DECLARED_ANNOTATION, declaredSplits, encodeDeclared } from "../../../../edge/declared-split.ts";
import { type EdgeSettings, restingPosition } from "../../../../edge/settings.ts";
import { TRAFFIC_CONFIG_MAP } from "../../../../edge/traffic-config-map.ts";
import { kubernetesTrafficState } from "../../../../promotion/platforms/kubernetes/traffic-state.ts";
import { kubeconfigFor, startApi } from "../../../fixtures/api.ts";
import { temporaryFolder } from "../../../fixtures/envoy.ts";
import { apiServer, apply, ask, startApiServer } from "../../../fixtures/kubernetes/apiserver.ts";
import { describeWith } from "../../../fixtures/tools.ts";
import { exampleEdge, type Platform, platformConforms, setVariable } from "../conformance.ts";

const [namespace, configMap] = ["maha-conformance", "edge-traffic"];

type Data = Record<string, string>;

/** The ConfigMap of a cluster, whatever keeps it: how it is put there, and how the cluster is broken. */
async function platformOf(cluster: {
  context: string;
  put(data?: Data): Promise<void>;
  breakDown(): Promise<void>;
}): Promise<Platform> {
  const { context, put, breakDown } = cluster;
  const moved = (edge: string) => put({ [TRAFFIC_CONFIG_MAP.edge]: edge, [TRAFFIC_CONFIG_MAP.resting]: "f1" });
  const edgeAt = (share: number) => JSON.stringify({ settings, position: { ...restingPosition, share } });
  return {
    read: kubernetesTrafficState({ context, namespace, configMap }),
    settings,
    declare: () => put(),
    move: (share) => moved(edgeAt(share)),
    breakDown,
    plant: {
      "half a file": () => moved('{"settings":'),
      "something else": () => moved('["edge"]'),
      "a share beyond the whole": () => moved(edgeAt(900)),
      nothing: () => put({ [TRAFFIC_CONFIG_MAP.resting]: "f1" }),
    },
  };
}

const settings: EdgeSettings = (() => {
  let port = 20_000;
  const edge = exampleEdge("/var/lib/edge", () => port++);
  const named = (id: string) => ({ id, endpoints: [{ address: `${id}.${namespace}`, port: 8680 }] });
  return {
    ...edge,
    services: edge.services.map(({ stable, candidate, ...service }) => ({
      ...service,
      stable: named(stable.id),
      ...(candidate && { candidate: named(candidate.id) }),
    })),
  };
})();

const object = (data?: Data) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name: configMap,
    namespace,
    annotations: {
      [DECLARED_ANNOTATION]: encodeDeclared(declaredSplits(settings.services)),
      [TRAFFIC_CONFIG_MAP.restingAnnotation]: "f1",
    },
  },
  ...(data && { data }),
});

async function startDouble(): Promise<Platform & { put(data?: Data): Promise<void> }> {
  const api = await startApi();
  onTestFinished(() => api.close());
  setVariable("KUBECONFIG", await kubeconfigFor(api, "prod"));
  const path = `/api/v1/namespaces/${namespace}/configmaps/${configMap}`;
  const put = async (data?: Data) => void api.answers.set(path, { status: 200, body: object(data) });
  const breakDown = async () =>
    void api.answers.set(path, { status: 403, body: { kind: "Status", code: 403, message: "forbidden" } });
  return { ...(await platformOf({ context: "prod", put, breakDown })), put };
}

/** A real API server, and a namespace of its own in it. */
async function startReal(): Promise<Platform> {
  const { config, stop } = await startApiServer();
  onTestFinished(stop);
  const file = join(await temporaryFolder(), "config");
  await writeFile(file, config.exportConfig());
  setVariable("KUBECONFIG", file);
  const place = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  await apply(config, place);
  const path = `/api/v1/namespaces/${namespace}/configmaps/${configMap}`;
  await ask(config, "DELETE", path);
  return platformOf({
    context: config.getCurrentContext(),
    async put(data) {
      const { status, body } = await apply(config, object(data));
      if (status >= 300) throw new Error(JSON.stringify(body));
    },
    breakDown: async () => writeFile(file, config.exportConfig().replace(/:\d+"/, ':1"')),
  });
}

const options = {
  unreachable:
    /the ConfigMap edge-traffic in maha-conformance of \S+ cannot be read, [\s\S]*Check that kubectl can reach/,
  hostile: ["half a file", "something else", "a share beyond the whole", "nothing"],
};

platformConforms("a cluster (a double of its API)", startDouble, options);

describeWith([apiServer], "where there is a real API server", { timeout: 120_000 }, () => {
  platformConforms("a cluster (a real API server)", startReal, options);
});

test("traffic moved from an older edge is at the resting position declared since", async () => {
  const { put, read } = await startDouble();
  const edge = JSON.stringify({ settings, position: { ...restingPosition, share: 25 } });
  await put({ [TRAFFIC_CONFIG_MAP.edge]: edge, [TRAFFIC_CONFIG_MAP.resting]: "f0" });
  const declared = declaredSplits(settings.services);
  expect(await read()).toEqual({ declared, live: declared });
});
