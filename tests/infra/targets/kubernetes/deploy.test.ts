import { describe, expect, test } from "vitest";
import { secretNames } from "../../../../ecosystem/secrets.ts";
import { services } from "../../../../ecosystem/services.ts";
import { at, first, objects, revisionOf, second, stateOf } from "../../../fixtures/kubernetes/states.ts";

const all = {
  none: await stateOf("none"),
  stable: await stateOf("stable"),
  candidate: await stateOf("candidate"),
  settled: await stateOf("settled"),
};
const [sessionBuddy, akosha, mahavishnu] = services.map(({ name }) => [
  revisionOf(first, name).id,
  revisionOf(second, name).id,
]) as [[string, string], [string, string], [string, string]];

describe("a stack in a cluster", () => {
  test("before its first release is a namespace in which nothing runs", () => {
    const kinds = all.none.resources.filter(({ type }) => type.startsWith("kubernetes:")).map(({ type }) => type);
    expect(new Set(kinds.map((kind) => kind.split(":").at(-1)))).toEqual(new Set(["Namespace", "NetworkPolicy"]));
    expect(all.none.outputs).toMatchObject({ target: "kubernetes", urls: {}, candidateUrls: {}, edgeAdmin: null });
  });

  test("admits only restricted pods, and warns about others", () => {
    const { "mahavishnu-prod": namespace } = objects(all.stable, "Namespace");
    expect(at(namespace, "metadata", "labels")).toMatchObject({
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/audit": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
    });
  });

  test("runs one Deployment and one Service for each revision, by its name", () => {
    expect(Object.keys(objects(all.stable, "Deployment")).sort()).toEqual(
      [sessionBuddy[0], akosha[0], mahavishnu[0], "edge"].sort(),
    );
    const both = [...sessionBuddy, ...akosha, ...mahavishnu, "edge"].sort();
    expect(Object.keys(objects(all.candidate, "Deployment")).sort()).toEqual(both);
    expect(Object.keys(objects(all.candidate, "Service")).sort()).toEqual(both);
    expect(Object.keys(objects(all.candidate, "PodDisruptionBudget")).sort()).toEqual(both);
    for (const id of [...sessionBuddy, ...akosha, ...mahavishnu]) {
      const [deployment, service] = [objects(all.candidate, "Deployment")[id], objects(all.candidate, "Service")[id]];
      expect(at(deployment, "spec", "selector", "matchLabels")).toEqual({ revision: id });
      expect(at(service, "spec", "selector")).toEqual({ revision: id });
      expect(at(deployment, "spec", "template", "metadata", "labels")).toMatchObject({ revision: id });
      expect(at(deployment, "metadata", "labels")).toMatchObject({ revision: id, stack: "prod" });
      expect(at(service, "spec")).not.toHaveProperty("clusterIP"); // the watcher finds it out
    }
  });

  test("does not change running pods when a candidate is added or becomes stable", () => {
    const deployments = objects(all.candidate, "Deployment");
    for (const [name, { inputs }] of Object.entries(objects(all.stable, "Deployment"))) {
      expect(deployments[name]?.inputs, name).toEqual(inputs);
    }
    for (const name of [mahavishnu[1], "edge"]) {
      expect(objects(all.settled, "Deployment")[name]?.inputs, name).toEqual(deployments[name]?.inputs);
    }
    const volumeless = (id: string, state: "candidate" | "settled") => {
      const { volumes, ...pod } = at(objects(all[state], "Deployment")[id], "spec", "template", "spec");
      return { pod, names: (volumes as { name: string }[]).map(({ name }) => name) };
    };
    expect(volumeless(akosha[1], "settled")).toEqual(volumeless(akosha[1], "candidate"));
  });

  test("gives a single writer's volume to its service, and its candidate a scratch folder", () => {
    const claims = objects(all.candidate, "PersistentVolumeClaim");
    for (const [service, [stable, candidate]] of Object.entries({ "session-buddy": sessionBuddy, akosha })) {
      const claim = claims[`${service}-data`];
      expect(at(claim, "spec")).toMatchObject({ accessModes: ["ReadWriteOncePod"], storageClassName: "standard-rwo" });
      expect(claim?.protect).toBe(true);
      const volumes = (id: string) =>
        at(objects(all.candidate, "Deployment")[id], "spec", "template", "spec", "volumes");
      expect(volumes(stable)).toContainEqual({
        name: "state",
        persistentVolumeClaim: { claimName: `${service}-data` },
      });
      expect(JSON.stringify(volumes(candidate))).not.toContain("persistentVolumeClaim");
      for (const id of [stable, candidate]) {
        const spec = at(objects(all.candidate, "Deployment")[id], "spec");
        expect(spec).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
      }
    }
    expect(claims).not.toHaveProperty("mahavishnu-data");
    expect(objects(all.candidate, "StatefulSet")).toEqual({});
  });

  test("leaves the number of stateless pods to their autoscaler", () => {
    const scalers = objects(all.candidate, "HorizontalPodAutoscaler");
    expect(Object.keys(scalers).sort()).toEqual(mahavishnu.toSorted());
    for (const id of mahavishnu) {
      expect(at(objects(all.candidate, "Deployment")[id], "spec")).not.toHaveProperty("replicas");
      expect(at(scalers[id], "spec")).toMatchObject({ scaleTargetRef: { kind: "Deployment", name: id } });
    }
  });

  test("never lets a disruption budget block a drain", () => {
    for (const [name, budget] of Object.entries(objects(all.candidate, "PodDisruptionBudget"))) {
      expect(at(budget, "spec"), name).toMatchObject({
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      });
      expect(at(budget, "spec")).not.toHaveProperty("minAvailable");
    }
  });

  test("gives each service exactly its secrets, marked as such, and each variable by reference", () => {
    for (const { name, secrets } of services) {
      const secret = objects(all.stable, "Secret")[`${name}-secrets`];
      expect(secret?.secretPaths, name).toEqual(["stringData"]);
      const id = revisionOf(first, name).id;
      const container = at(objects(all.stable, "Deployment")[id], "spec", "template", "spec", "containers", 0);
      const env = container.env as { name: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
      const referred = Object.fromEntries(
        env.flatMap(({ name, valueFrom }) => (valueFrom ? [[name, valueFrom.secretKeyRef]] : [])),
      );
      expect(referred).toEqual(
        Object.fromEntries(
          Object.entries(secrets).map(([variable, key]) => [variable, { name: `${name}-secrets`, key }]),
        ),
      );
    }
    const text = JSON.stringify(all.stable.resources);
    for (const name of secretNames) expect(text).not.toContain(`<${name}>`);
  });

  test("gives no pod a token but the edge's watcher, which may follow the edge's two ConfigMaps and do nothing else", () => {
    for (const [name, account] of Object.entries(objects(all.candidate, "ServiceAccount"))) {
      expect(account.inputs, name).toMatchObject({ automountServiceAccountToken: false });
    }
    const withToken = Object.entries(objects(all.candidate, "Deployment")).filter(([, deployment]) => {
      const pod = at(deployment, "spec", "template", "spec");
      expect(pod.automountServiceAccountToken).toBe(false);
      return JSON.stringify(pod.volumes).includes("serviceAccountToken");
    });
    expect(withToken.map(([name]) => name)).toEqual(["edge"]);
    const [pod] = withToken.map(([, deployment]) => at(deployment, "spec", "template", "spec"));
    const mounts = (containers: unknown) =>
      (containers as { name: string; volumeMounts: { name: string }[] }[])
        .filter(({ volumeMounts }) => volumeMounts.some(({ name }) => name === "token"))
        .map(({ name }) => name);
    expect([...mounts(pod?.initContainers), ...mounts(pod?.containers)]).toEqual(["watcher"]);

    const roles = Object.values(objects(all.candidate, "Role"));
    expect(roles.map(({ inputs }) => inputs.rules)).toEqual([
      [
        {
          apiGroups: [""],
          resources: ["configmaps"],
          resourceNames: ["edge-traffic", "edge-resting"],
          verbs: ["get", "list", "watch"],
        },
      ],
    ]);
    expect(Object.keys(objects(all.candidate, "ClusterRole"))).toEqual([]);
    const [binding] = Object.values(objects(all.candidate, "RoleBinding"));
    expect(binding?.inputs).toMatchObject({ subjects: [{ kind: "ServiceAccount", name: "edge" }] });
  });

  test("declares the promoter's ConfigMap without data, annotated with the declared split and the resting edge", () => {
    const { "edge-traffic": traffic, "edge-resting": resting } = objects(all.candidate, "ConfigMap");
    expect(traffic?.inputs).not.toHaveProperty("data");
    expect(traffic?.ignoreChanges).toEqual([]);
    const annotations = at(traffic, "metadata", "annotations") as Record<string, string>;
    expect(JSON.parse(annotations["mahavishnu.dev/declared"] ?? "")).toEqual({
      "session-buddy": { [sessionBuddy[0]]: 100, [sessionBuddy[1]]: 0 },
      akosha: { [akosha[0]]: 100, [akosha[1]]: 0 },
      mahavishnu: { [mahavishnu[0]]: 100, [mahavishnu[1]]: 0 },
    });
    expect(Object.keys(at(resting, "data"))).toEqual(["edge.json", "resting"]);
    expect(annotations["mahavishnu.dev/resting"]).toBe(at(resting, "data", "resting"));
    const before = objects(all.stable, "ConfigMap")["edge-traffic"];
    expect(at(before, "metadata", "annotations")["mahavishnu.dev/resting"]).not.toBe(
      annotations["mahavishnu.dev/resting"],
    );
    // what is declared is there before those who follow it hear of it
    expect(traffic?.dependsOn).toContain(resting?.urn);
  });

  test("splits traffic at two edges behind the Gateway, which alone is reached from outside", () => {
    const edge = objects(all.candidate, "Deployment").edge;
    expect(at(edge, "spec")).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    });
    for (const [name, service] of Object.entries(objects(all.candidate, "Service"))) {
      expect(["ClusterIP", undefined], name).toContain(at(service, "spec").type);
    }
    expect(at(objects(all.candidate, "Service").edge, "spec").ports).toEqual(
      services.flatMap(({ name, port }) => [
        { name, port, targetPort: name },
        { name: `gateway-${port}`, port: port + 10_000, targetPort: `gateway-${port}` },
      ]),
    );
    const routes = objects(all.candidate, "HTTPRoute");
    expect(Object.keys(routes).sort()).toEqual(["akosha", "mahavishnu", "session-buddy"]);
    for (const [name, route] of Object.entries(routes)) {
      const rules = at(route, "spec").rules as { backendRefs: { name: string; weight?: number }[] }[];
      expect(
        rules.flatMap(({ backendRefs }) => backendRefs.map((ref) => ref.name)),
        name,
      ).toEqual(["edge"]);
      expect(JSON.stringify(rules)).not.toContain("weight");
      expect(at(route, "metadata", "annotations")).toHaveProperty(["pulumi.com/waitFor"]);
    }
  });

  test("outputs the addresses for users, smoke tests and the promotion", () => {
    expect(all.candidate.outputs).toEqual({
      target: "kubernetes",
      urls: {
        "session-buddy": "https://session-buddy.mcp.mahavishnu.dev/mcp",
        akosha: "https://akosha.mcp.mahavishnu.dev/mcp",
        mahavishnu: "https://mahavishnu.mcp.mahavishnu.dev/mcp",
      },
      candidateUrls: Object.fromEntries(
        services.map(({ name }) => [
          name,
          {
            url: `https://${name}.mcp.mahavishnu.dev/mcp`,
            headers: { "x-revision": "candidate", "x-preview-token": "[secret]" },
          },
        ]),
      ),
      revisions: {
        "session-buddy": { stable: sessionBuddy[0], candidate: sessionBuddy[1] },
        akosha: { stable: akosha[0], candidate: akosha[1] },
        mahavishnu: { stable: mahavishnu[0], candidate: mahavishnu[1] },
      },
      edgeAdmin: "kubernetes://mahavishnu-prod/edge/var/lib/edge/admin.sock",
    });
    expect(all.stable.outputs).toMatchObject({ candidateUrls: {} });
  });

  test("asks the same cluster for everything, and changes ConfigMaps and Secrets in place", () => {
    const provider = all.candidate.resources.find(({ type }) => type === "pulumi:providers:kubernetes");
    expect(provider?.inputs).toMatchObject({ context: "mahavishnu-prod" });
    for (const key of ["enableConfigMapMutable", "enableSecretMutable"])
      expect(String(provider?.inputs[key])).toBe("true");
    for (const { type, provider: used, name } of all.candidate.resources) {
      if (type.startsWith("kubernetes:")) expect(used, name).toBe(provider?.urn);
    }
  });
});
