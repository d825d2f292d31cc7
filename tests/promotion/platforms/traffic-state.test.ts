import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GoogleAuth, OAuth2Client } from "google-auth-library";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { routes } from "../../../edge/routes.ts";
import { checkSettings, restingPosition } from "../../../edge/settings.ts";
import { cloudRunTrafficState } from "../../../promotion/platforms/cloud-run/traffic-state.ts";
import { composeTrafficState } from "../../../promotion/platforms/envoy-files/docker.ts";
import { kubernetesTrafficState } from "../../../promotion/platforms/kubernetes/traffic-state.ts";
import { type ApiDouble, kubeconfigFor, startApi } from "../../fixtures/api.ts";

const edge = checkSettings({
  folder: "/var/lib/edge",
  services: [
    {
      name: "akosha",
      listen: { address: "0.0.0.0", port: 8682 },
      stable: { id: "akosha-a", endpoints: [{ address: "10.0.0.1", port: 8682 }] },
      candidate: { id: "akosha-b", endpoints: [{ address: "10.0.0.2", port: 8682 }] },
    },
  ],
});
const rds = (share: number) =>
  JSON.stringify({ resources: [routes(edge.services[0] as never, { ...restingPosition, share })] });
const declared = { akosha: { "akosha-a": 100 } };
const DECLARED = "mahavishnu.dev/declared";

let api: ApiDouble;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe("Cloud Run (Google's client, a double of its API)", () => {
  const path = (name: string) => `/v2/projects/p/locations/europe-west1/services/${name}`;
  const signedIn = new OAuth2Client();
  signedIn.setCredentials({ access_token: "token", expiry_date: 9e12 });
  const read = () =>
    cloudRunTrafficState(
      {
        project: "p",
        region: "europe-west1",
        stable: { akosha: "akosha-a", mahavishnu: "mahavishnu-a" },
        declared: DECLARED,
      },
      { endpoint: api.url, auth: async () => new GoogleAuth({ authClient: signedIn }) },
    )();

  test("without a service there is no traffic state, and the API is asked with the token", async () => {
    expect(await read()).toBeNull();
    expect(api.asked.at(-1)).toEqual({ url: path("mahavishnu"), authorization: "Bearer token" });
  });

  test("the split in force and what was declared", async () => {
    const trafficStatuses = [
      { revision: "akosha-a", percent: 75 },
      { revision: "akosha-b", percent: 25, tag: "candidate" },
      { revision: "akosha-a", tag: "stable" },
    ];
    const annotations = { [DECLARED]: JSON.stringify(declared.akosha) };
    const latestCreatedRevision = `${path("akosha").slice("/v2/".length)}/revisions/akosha-b`;
    api.answers.set(path("akosha"), { status: 200, body: { annotations, trafficStatuses, latestCreatedRevision } });
    const trafficState = { declared, live: { akosha: { "akosha-a": 75, "akosha-b": 25 } } };
    expect(await read()).toEqual({ ...trafficState, overtaken: {} });
    // once the older revision is there too, it has been overtaken
    api.answers.set(`${path("akosha")}/revisions/akosha-a`, { status: 200, body: {} });
    expect(await read()).toEqual({ ...trafficState, overtaken: { akosha: "akosha-b" } });
  });

  test("traffic that goes to the newest revision, whether it is ready or not: nobody has moved it", async () => {
    const revisions = "projects/p/locations/europe-west1/services/akosha/revisions";
    const body = {
      latestCreatedRevision: `${revisions}/akosha-b`,
      latestReadyRevision: `${revisions}/akosha-a`,
      trafficStatuses: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
    };
    api.answers.set(path("akosha"), { status: 200, body });
    expect((await read())?.live).toEqual({ akosha: { "akosha-b": 100 } });
  });

  test("what it says after a bad moment", async () => {
    api.answers.set(path("akosha"), { status: 503, body: {} });
    const before = api.asked.filter(({ url }) => url === path("akosha")).length;
    const asked = read();
    await vi.waitFor(
      () => expect(api.asked.filter(({ url }) => url === path("akosha")).length - before).toBeGreaterThan(1),
      { timeout: 10_000 },
    );
    api.answers.set(path("akosha"), { status: 200, body: { trafficStatuses: [] } });
    expect((await asked)?.live).toEqual({ akosha: {} });
  });

  test("no service where Cloud Run was never switched on", async () => {
    const body = { error: { code: 403, details: [{ reason: "SERVICE_DISABLED", domain: "googleapis.com" }] } };
    for (const name of ["akosha", "mahavishnu"]) api.answers.set(path(name), { status: 403, body });
    expect(await read()).toBeNull();
    api.answers.delete(path("mahavishnu"));
  });

  test("a refusal is said with what is needed", async () => {
    api.answers.set(path("akosha"), { status: 403, body: {} });
    await expect(read()).rejects.toThrow(
      /services\/akosha cannot be read.*HTTP 403 \(your account needs run\.services\.get/,
    );
  });
});

describe("Kubernetes (its own client, a double of its API)", () => {
  const path = "/api/v1/namespaces/mahavishnu-prod/configmaps/edge-traffic";
  const read = async () => {
    const before = process.env.KUBECONFIG;
    process.env.KUBECONFIG = await kubeconfigFor(api, "prod");
    try {
      return await kubernetesTrafficState({
        context: "prod",
        namespace: "mahavishnu-prod",
        configMap: "edge-traffic",
        declared: DECLARED,
        resting: "mahavishnu.dev/resting",
        movedFrom: "resting",
      })();
    } finally {
      if (before === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = before;
    }
  };
  const configMap = (data?: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "edge-traffic",
      annotations: { [DECLARED]: JSON.stringify(declared), "mahavishnu.dev/resting": "f1" },
    },
    ...(data && { data }),
  });

  test("without the edge's ConfigMap there is no traffic state", async () => expect(await read()).toBeNull());

  test("without data it rests where it was declared", async () => {
    api.answers.set(path, { status: 200, body: configMap() });
    expect(await read()).toEqual({ declared, live: declared });
  });

  test("with a promoter's files it stands where they say", async () => {
    api.answers.set(path, {
      status: 200,
      body: configMap({ resting: "f1", "rds-akosha.json": rds(25), "cds.json": "{}" }),
    });
    expect(await read()).toEqual({ declared, live: { akosha: { "akosha-a": 75, "akosha-b": 25 } } });
  });

  test("with files that were moved from an older position it rests where it was declared since", async () => {
    api.answers.set(path, { status: 200, body: configMap({ resting: "f0", "rds-akosha.json": rds(25) }) });
    expect(await read()).toEqual({ declared, live: declared });
  });

  test("a refusal is said with where", async () => {
    api.answers.set(path, { status: 403, body: { kind: "Status", code: 403, message: "forbidden" } });
    await expect(read()).rejects.toThrow(/the ConfigMap edge-traffic in mahavishnu-prod of prod cannot be read/);
  });
});

describe("a Docker host (a double of the docker command)", () => {
  async function read(script: string) {
    const folder = await mkdtemp(join(tmpdir(), "maha-docker-"));
    await writeFile(join(folder, "docker"), `#!/bin/sh\necho "$@" >> ${folder}/asked\n${script}\n`);
    await chmod(join(folder, "docker"), 0o755);
    const before = process.env.PATH;
    process.env.PATH = `${folder}:${before}`;
    try {
      const trafficState = await composeTrafficState({
        host: "ssh://a@b",
        container: "edge",
        folder: "/var/lib/edge",
      })();
      return { trafficState, asked: await readFile(join(folder, "asked"), "utf8") };
    } finally {
      process.env.PATH = before;
    }
  }

  test("the split in the files that Envoy watches, and what was declared", async () => {
    const show = (name: string, text: string) => `printf '%s\\0%s\\0' '${name}' '${text}'`;
    const { trafficState, asked } = await read(
      [show("declared.json", JSON.stringify(declared)), show("xds/rds-akosha.json", rds(10))].join("\n"),
    );
    expect(trafficState).toEqual({ declared, live: { akosha: { "akosha-a": 90, "akosha-b": 10 } } });
    expect(asked).toMatch(/^--host ssh:\/\/a@b exec edge sh -c /);
  });

  test("without the edge's container there is no traffic state", async () => {
    expect(
      (await read('echo "Error response from daemon: No such container: edge" >&2; exit 1')).trafficState,
    ).toBeNull();
  });

  test("a host that does not answer is no empty stack", async () => {
    await expect(read('echo "Cannot connect to the Docker daemon" >&2; exit 1')).rejects.toThrow(
      /the edge edge on ssh:\/\/a@b cannot be asked where its traffic stands: Cannot connect/,
    );
  });
});
