import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { services } from "../../../../ecosystem/services.ts";
import { edgePod } from "../../../../infra/targets/kubernetes/edge-pod.ts";
import { root } from "../../../fixtures/releases.ts";

const { spec, metadata } = edgePod({
  stack: "prod",
  images: { envoy: "registry.acme.dev/edge@sha256:1", watcher: "registry.acme.dev/promoter@sha256:2" },
  ports: services.map(({ name, port }) => ({ name, port })),
  restarts: { "mahavishnu.dev/bootstrap": "1" },
});
const [watcher] = spec.initContainers;
const [envoy] = spec.containers;

test("Envoy starts once the watcher has written the last file, and the watcher keeps running beside it", () => {
  expect(watcher).toMatchObject({
    name: "watcher",
    restartPolicy: "Always",
    startupProbe: { exec: { command: ["test", "-e", "/var/lib/edge/bootstrap.json"] } },
  });
  expect(envoy?.command).toContain("/var/lib/edge/bootstrap.json");
  const folder = { name: "folder", mountPath: "/var/lib/edge" };
  expect(watcher?.volumeMounts).toContainEqual(folder);
  expect(envoy?.volumeMounts).toContainEqual(folder);
});

test("the watcher runs the agent of the promoter's image, and the drain is a program of Envoy's own", () => {
  expect(watcher?.image).toBe("registry.acme.dev/promoter@sha256:2");
  expect(watcher?.command).toEqual(["node", "/app/promotion/agent/main.ts", "watch"]);
  expect(existsSync(join(root, watcher?.command[1]?.replace("/app/", "") ?? ""))).toBe(true);
  expect(envoy?.image).toBe("registry.acme.dev/edge@sha256:1");
  const [program = ""] = envoy?.lifecycle.preStop.exec.command ?? [];
  expect(readFileSync(join(root, "images/edge/Dockerfile"), "utf8")).toContain(`COPY ${program} /usr/local/bin/`);
});

test("a stopping edge has longer than its drain limit, and its readiness decides whether it gets calls", () => {
  const [least, most] = (envoy?.lifecycle.preStop.exec.command ?? []).slice(-2).map(Number) as [number, number];
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(most);
  expect(least).toBeLessThan(most);
  const { readinessProbe, livenessProbe } = envoy ?? {};
  expect(readinessProbe?.httpGet).toEqual({ path: "/healthz", port: "metrics" });
  // readiness is lost within the least that a drain waits
  expect((readinessProbe?.periodSeconds ?? 0) * (readinessProbe?.failureThreshold ?? 0)).toBeLessThan(least);
  expect(livenessProbe).toHaveProperty("tcpSocket");
});

test("the edge is spread over nodes and zones, and a changed bootstrap replaces its pods", () => {
  expect(spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
  ]);
  expect(metadata).toEqual({
    labels: expect.objectContaining({ component: "edge", stack: "prod" }),
    annotations: { "mahavishnu.dev/bootstrap": "1" },
  });
  expect(envoy?.ports).toEqual([
    ...services.map(({ name, port }) => ({ name, containerPort: port })),
    { name: "metrics", containerPort: 9902 },
  ]);
});
