import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { edgeFolder } from "../../../../infra/names.ts";
import { type Manifest, objectsOf, secretsOf } from "../../../../infra/targets/kubernetes/manifests.ts";
import {
  type ApiServer,
  apiServer,
  apply,
  ask,
  placeOf,
  startApiServer,
} from "../../../fixtures/kubernetes/apiserver.ts";
import { installForeignKinds } from "../../../fixtures/kubernetes/foreign-kinds.ts";
import { type State, stateOf } from "../../../fixtures/kubernetes/states.ts";
import { startWatcher } from "../../../fixtures/kubernetes/watcher.ts";
import { describeWith } from "../../../fixtures/tools.ts";

const NAMESPACE = "mahavishnu-prod";

type Container = Record<string, unknown> & { securityContext: Record<string, unknown> };
type PodSpec = Record<string, unknown> & { containers: Container[]; volumes: object[]; securityContext: object };
type Template = { metadata: object; spec: PodSpec };

describeWith([apiServer], "a real API server", {}, () => {
  let server: ApiServer;
  let manifests: Record<State, Manifest[]>;
  let pods: ReturnType<typeof podsOf>;
  beforeAll(async () => {
    manifests = {
      none: await made("none"),
      stable: await made("stable"),
      candidate: await made("candidate"),
      settled: await made("settled"),
    };
    pods = manifests.candidate.flatMap(podsOf);
    server = await startApiServer();
    await installForeignKinds(server.config);
  });
  afterAll(() => server?.stop());

  const create = (pod: Template, name: string, dryRun = "?dryRun=All") =>
    ask(server.config, "POST", `/api/v1/namespaces/${NAMESPACE}/pods${dryRun}`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...pod.metadata, name },
      spec: pod.spec,
    });

  test.each<State>(["none", "stable", "candidate", "settled"])(
    "takes every object of a stack, one after the other, without a warning (state: %s)",
    async (state) => {
      for (const object of manifests[state]) {
        const { status, body, warnings } = await apply(server.config, object);
        expect([200, 201], `${object.kind} ${object.metadata.name}: ${JSON.stringify(body)}`).toContain(status);
        expect(warnings, `${object.kind} ${object.metadata.name}`).toEqual([]);
      }
    },
    60_000,
  );

  test("lets every pod of the stack into the restricted namespace", async () => {
    expect(pods.map(({ name }) => name)).toEqual(expect.arrayContaining(["edge"]));
    expect(pods.length).toBeGreaterThan(7);
    for (const { name, template } of pods) {
      const { status, body, warnings } = await create(template, "try");
      expect(status, `${name}: ${JSON.stringify(body)}`).toBe(201);
      expect(warnings, name).toEqual([]);
    }
  });

  test.each<[string, (pod: PodSpec) => object]>([
    ["is privileged", (pod) => inContainers(pod, { privileged: true, allowPrivilegeEscalation: true })],
    ["may gain rights", (pod) => inContainers(pod, { allowPrivilegeEscalation: true })],
    ["keeps its capabilities", (pod) => inContainers(pod, { capabilities: {} })],
    ["runs as root", (pod) => ({ ...pod, securityContext: { ...pod.securityContext, runAsUser: 0 } })],
    [
      "filters no system calls",
      (pod) => ({ ...pod, securityContext: { ...pod.securityContext, seccompProfile: undefined } }),
    ],
    ["is in the network of its machine", (pod) => ({ ...pod, hostNetwork: true })],
    [
      "sees its machine's files",
      (pod) => ({ ...pod, volumes: [...pod.volumes, { name: "host", hostPath: { path: "/" } }] }),
    ],
  ])("refuses each of them when it %s", async (_, broken) => {
    for (const { name, template } of pods) {
      const { status, body } = await create({ ...template, spec: broken(template.spec) as PodSpec }, "try");
      expect(status, name).toBe(403);
      expect((body as { message: string }).message, name).toContain('violates PodSecurity "restricted:latest"');
    }
  });

  test("keeps the promoter's data when the stack is deployed again", async () => {
    const traffic = manifests.candidate.find(({ metadata }) => metadata.name === "edge-traffic") as Manifest;
    const { apiVersion, kind } = traffic;
    const metadata = { name: "edge-traffic", namespace: NAMESPACE };
    await apply(server.config, traffic);
    const moved = await apply(server.config, { apiVersion, kind, metadata, data: { a: "1" } } as Manifest, "promoter");
    expect(moved.status).toBe(200);
    const labelled = {
      ...traffic,
      metadata: { ...traffic.metadata, labels: { ...traffic.metadata.labels, more: "x" } },
    };
    const { status, body } = await apply(server.config, labelled);
    expect(status).toBe(200);
    expect(body).toMatchObject({ data: { a: "1" }, metadata: { labels: { more: "x" } } });
  });

  describe("and the watcher, with the rights that it is given", () => {
    const config = () => server.config;
    const tokenOf = async (account: string) => {
      const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`;
      const { body } = await ask(config(), "POST", path, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: {},
      });
      return (body as { status: { token: string } }).status.token;
    };
    const declared = () =>
      manifests.candidate.filter(({ metadata }) => /^edge-(traffic|resting|watcher)$/.test(metadata.name));
    const named = (name: string) => declared().find(({ metadata }) => metadata.name === name) as Manifest;

    test("see each other: it rests, follows a promoter, and rests again", async () => {
      for (const object of declared()) await apply(config(), object);
      const place = `/api/v1/namespaces/${NAMESPACE}/configmaps/edge-traffic`;
      await ask(config(), "DELETE", place);
      const edge = mkdtempSync(join(tmpdir(), "edge-"));
      onTestFinished(() => rmSync(edge, { recursive: true }));
      const declaredData = named("edge-resting").data as Record<string, string>;
      // here the edge's folder is another one than in a pod
      const here = (declaredData["edge.json"] ?? "").replaceAll(edgeFolder, edge);
      const resting: Record<string, string> = { ...declaredData, "edge.json": here };
      await apply(config(), { ...named("edge-resting"), data: resting } as Manifest);
      const watcher = await startWatcher({
        edge,
        resting,
        namespace: NAMESPACE,
        url: server.url,
        authority: server.authority,
        token: await tokenOf("edge"),
      });
      onTestFinished(async () => void (await watcher.stop()));
      const routes = () => watcher.read("xds/rds-mahavishnu.json");
      // the files name Services; nobody here finds their addresses, so they lead nowhere
      await expect.poll(routes, { timeout: 15_000 }).toContain("weighted_clusters");
      const rested = routes();

      const traffic = named("edge-traffic");
      await apply(config(), traffic);
      const data = { ...resting, "edge.json": (resting["edge.json"] ?? "").replace(/"share":\s*0/, '"share": 10') };
      const { apiVersion, kind } = traffic;
      const metadata = { name: "edge-traffic", namespace: NAMESPACE };
      await apply(config(), { apiVersion, kind, metadata, data } as Manifest, "promoter");
      await expect.poll(routes, { timeout: 15_000 }).toContain("9000");
      await ask(config(), "DELETE", place);
      await expect.poll(routes, { timeout: 15_000 }).toBe(rested);
    }, 60_000);

    test.each<[string, string, number]>([
      ["list its ConfigMap", "configmaps?fieldSelector=metadata.name%3Dedge-traffic", 200],
      ["read its ConfigMap", "configmaps/edge-traffic", 200],
      ["list all ConfigMaps", "configmaps", 403],
      ["read what the edge rests on", "configmaps/edge-resting", 200],
      ["read another ConfigMap", "configmaps/kube-root-ca.crt", 403],
      ["list the secrets", "secrets", 403],
      ["list the pods", "pods", 403],
    ])("it may not do more than it must: %s", async (_, path, expected) => {
      for (const object of declared()) await apply(config(), object);
      const { status } = await ask(
        config(),
        "GET",
        `/api/v1/namespaces/${NAMESPACE}/${path}`,
        undefined,
        await tokenOf("edge"),
      );
      expect(status).toBe(expected);
    });

    test("it may not change its ConfigMap either", async () => {
      const path = `${await placeOf(config(), { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "", namespace: NAMESPACE } })}/edge-traffic`;
      const { status } = await ask(config(), "DELETE", path, undefined, await tokenOf("edge"));
      expect(status).toBe(403);
    });
  });
});

/** What a state is made of; the Secrets hold no values of a stack. */
async function made(state: State): Promise<Manifest[]> {
  const captured = await stateOf(state);
  const objects = objectsOf(captured);
  const secrets = secretsOf(captured).map(({ name, namespace, keys }) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    stringData: Object.fromEntries(keys.map((key) => [key, "x"])),
  }));
  const [namespace = [], ...rest] = [objects.slice(0, 1), ...objects.slice(1)];
  return [...(namespace as Manifest[]), ...secrets, ...(rest as Manifest[])];
}

/** The pods that an object makes. */
function podsOf({ kind, metadata, spec }: Manifest): { name: string; template: Template }[] {
  const { template, jobTemplate } = (spec ?? {}) as {
    template?: Template;
    jobTemplate?: { spec: { template: Template } };
  };
  const found = kind === "CronJob" ? jobTemplate?.spec.template : kind === "Deployment" ? template : undefined;
  return found ? [{ name: metadata.name, template: found }] : [];
}

const inContainers = (pod: PodSpec, change: object) => ({
  ...pod,
  containers: pod.containers.map((container) => ({
    ...container,
    securityContext: { ...container.securityContext, ...change },
  })),
});
