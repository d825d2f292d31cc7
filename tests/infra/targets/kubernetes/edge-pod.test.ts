import { expect, test } from "vitest";
import { services } from "../../../../ecosystem/services.ts";
import { edgePod } from "../../../../infra/targets/kubernetes/edge-pod.ts";
import { edgePrograms } from "../../../../infra/targets/kubernetes/programs.ts";

const { spec, metadata } = edgePod({
  stack: "prod",
  image: "registry.acme.dev/edge@sha256:1",
  ports: services.map(({ name, port }) => ({ name, port })),
  restarts: { "mahavishnu.dev/programs": "1" },
});
const [watcher] = spec.initContainers;
const [envoy] = spec.containers;

test("Envoy starts when the watcher has written the last file, and the watcher goes on beside it", () => {
  expect(watcher).toMatchObject({
    name: "watcher",
    restartPolicy: "Always",
    startupProbe: { exec: { command: ["test", "-e", "/var/lib/edge/edge.json"] } },
  });
  expect(envoy?.command).toContain("/var/lib/edge/bootstrap.json");
  const folder = { name: "folder", mountPath: "/var/lib/edge" };
  expect(watcher?.volumeMounts).toContainEqual(folder);
  expect(envoy?.volumeMounts).toContainEqual(folder);
});

test("the watcher runs what the ConfigMap of its programs holds", () => {
  expect(watcher?.command).toEqual(["node", "/programs/main.ts"]);
  expect(envoy?.lifecycle.preStop.exec.command[1]).toBe("/programs/drain.py");
  expect(Object.keys(edgePrograms())).toEqual(expect.arrayContaining(["main.ts", "package.json", "drain.py"]));
  expect(JSON.stringify(edgePrograms()).length).toBeLessThan(64 * 1024);
});

test("an edge that is stopped has longer than its drain may last, and its health decides who sends it calls", () => {
  const [least, most] = (envoy?.lifecycle.preStop.exec.command ?? []).slice(-2).map(Number) as [number, number];
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(most);
  expect(least).toBeLessThan(most);
  const { readinessProbe, livenessProbe } = envoy ?? {};
  expect(readinessProbe?.httpGet).toEqual({ path: "/healthz", port: "metrics" });
  // readiness is lost within the least that a drain waits
  expect((readinessProbe?.periodSeconds ?? 0) * (readinessProbe?.failureThreshold ?? 0)).toBeLessThan(least);
  expect(livenessProbe).toHaveProperty("tcpSocket");
});

test("the edge is spread over machines and zones, and other programs start other pods", () => {
  expect(spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
  ]);
  expect(metadata).toEqual({
    labels: expect.objectContaining({ component: "edge", stack: "prod" }),
    annotations: { "mahavishnu.dev/programs": "1" },
  });
  expect(envoy?.ports).toEqual([
    ...services.map(({ name, port }) => ({ name, containerPort: port })),
    { name: "metrics", containerPort: 9902 },
  ]);
});
