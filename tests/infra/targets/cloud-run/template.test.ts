import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fileSecret } from "../../../../infra/names.ts";
import { template } from "../../../../infra/targets/cloud-run/template.ts";
import { revisionOf } from "./fixtures.ts";

const place = {
  stack: "prod",
  serviceAccount: "mcp-mahavishnu@acme.iam.gserviceaccount.com",
  network: "net",
  subnetwork: "services",
  secret: (name: string) => `id-of-${name}`,
};
const revision = revisionOf("mahavishnu", "a");
const made = template(revision, place);
const [server, proxy] = made.containers as object[];

describe("a revision as Cloud Run's template", () => {
  test("has the revision's name, size and bounds, and leaves by the private network only for private addresses", () => {
    expect(made).toMatchObject({
      revision: revision.id,
      labels: { service: "mahavishnu", revision: revision.id, stack: "prod" },
      serviceAccount: place.serviceAccount,
      scaling: { minInstanceCount: 1, maxInstanceCount: 10 },
      maxInstanceRequestConcurrency: 16,
      sessionAffinity: false,
      timeout: "3600s",
      vpcAccess: {
        egress: "PRIVATE_RANGES_ONLY",
        networkInterfaces: [{ network: "net", subnetwork: "services" }],
      },
    });
    expect(server).toMatchObject({
      image: revision.image,
      commands: ["mahavishnu"],
      args: ["mcp", "start", "--host", "0.0.0.0", "--port", "8680"],
      ports: { containerPort: 8680 },
      resources: { limits: { cpu: "4", memory: "8192Mi" } },
    });
  });

  test("is probed at its health path, and has its full start time", () => {
    const health = { httpGet: { path: "/healthz", port: 8680 } };
    expect(server).toMatchObject({
      startupProbe: { ...health, periodSeconds: 5, failureThreshold: 12 },
      livenessProbe: { ...health, failureThreshold: 3 },
    });
  });

  test("knows the database by its name, and secrets by reference alone", () => {
    const { envs } = server as { envs: { name: string; value?: string; valueSource?: object }[] };
    expect(envs).toContainEqual({ name: "MAHAVISHNU_DB_HOST", value: "postgres.mahavishnu.internal" });
    expect(envs).toContainEqual({ name: "FASTMCP_STATELESS_HTTP", value: "true" });
    for (const [name, secret] of Object.entries(revision.secrets)) {
      expect(envs.filter((env) => env.name === name)).toEqual([
        { name, valueSource: { secretKeyRef: { secret: `id-of-${secret}`, version: "latest" } } },
      ]);
    }
  });

  test("has its files in separate folders", () => {
    const [[path, content] = ["", ""]] = Object.entries(revision.files);
    expect(made.volumes).toEqual([
      {
        name: "app-repositories",
        secret: {
          secret: `id-of-${fileSecret("mahavishnu", path, content)}`,
          items: [{ path: "repos.yaml", version: "latest" }],
        },
      },
    ]);
    expect(server).toMatchObject({ volumeMounts: [{ name: "app-repositories", mountPath: "/app/repositories" }] });
  });

  test("starts after the proxy that gives it an identity towards its peers", () => {
    expect(server).toMatchObject({ dependsOns: ["identity-proxy"] });
    expect(proxy).toMatchObject({
      name: "identity-proxy",
      image: revision.identityProxy?.image,
      args: ["--config-yaml", expect.stringContaining('"port_value":8682'), "--concurrency", "1", ...rest],
      startupProbe: { httpGet: { port: 9903 } },
    });
  });

  test("has no proxy without peers that ask for one", () => {
    expect(template(revisionOf("akosha", "a"), place).containers).toHaveLength(1);
  });
});

const rest = ["--disable-hot-restart", "--log-level", "warning"];

// Cloud Run refuses another template under a revision's name. Whoever changes what stands here makes a new release for
// every stack with it, and gives revisions something that changes their ids, or the next deployment fails with a 409.
test("deployed revisions keep their template", () => {
  const hash = createHash("sha256")
    .update(JSON.stringify(template(frozen, place)))
    .digest("hex");
  expect(hash.slice(0, 16)).toBe("84dbe1ea634aa9fb");
});

const frozen = {
  ...{
    id: "akosha-0123456789",
    service: "akosha",
    image: "registry.acme.dev/akosha@sha256:1",
    command: ["akosha", "start"],
  },
  ...{ port: 8682, path: "/mcp", health: "/healthz", metrics: "/metrics", environment: { A: "{database.host}" } },
  ...{
    secrets: { B: "akosha-api-token" },
    files: { "/app/f/x.yaml": "x\n" },
    state: "/data",
    data: "database",
    scratch: ["/tmp"],
  },
  ...{ peers: [], internet: false, collector: null, database: null },
  ...{
    sessions: "stateless",
    cpu: 1,
    memoryMi: 1024,
    instances: { min: 0, max: 2 },
    startupSeconds: 60,
    stopSeconds: 10,
  },
  identityProxy: {
    image: "registry.acme.dev/edge@sha256:2",
    peers: [
      {
        service: "mahavishnu",
        port: 8680,
        url: "https://mahavishnu-1.europe-west1.run.app",
        audience: "https://m.acme.dev",
      },
    ],
  },
} satisfies Parameters<typeof template>[0] as Parameters<typeof template>[0];
