import { beforeAll, describe, expect, test } from "vitest";
import { UNKNOWN } from "../../../../infra/graph/resource.ts";
import { databaseName } from "../../../../infra/names.ts";
import { type CloudGraph, cloudRunWith, graphOf, prod, releaseOf } from "./support.ts";

const open = cloudRunWith({ domain: undefined });
const iap = cloudRunWith({ access: "iap" });

const graphs: Record<"none" | "stable" | "candidate" | "open" | "openCandidate" | "iap", CloudGraph> = {} as never;
beforeAll(async () => {
  graphs.none = await graphOf(prod, "none");
  graphs.stable = await graphOf(prod, "stable");
  graphs.candidate = await graphOf(prod, "candidate", [releaseOf("r0", "f")]);
  graphs.open = await graphOf(open, "stable");
  graphs.openCandidate = await graphOf(open, "candidate");
  graphs.iap = await graphOf(iap, "candidate");
});

const namesOf = (graph: CloudGraph, type: string) =>
  graph
    .those(type)
    .map(({ name }) => name)
    .sort();

/** The resource that owns another one, by what its URN says. */
const isBefore = (graph: CloudGraph, first: string, second: string) => {
  const order = graph.resources.map(({ name }) => name);
  return order.indexOf(first) < order.indexOf(second);
};

describe("before the first release", () => {
  test("the ground is there, and nothing runs on it", () => {
    const { none } = graphs;
    expect(namesOf(none, "Repository")).toEqual(["registry-repository"]);
    expect(none.those("DatabaseInstance")).toHaveLength(1);
    expect(none.those("Account").map(({ inputs }) => inputs.accountId)).toEqual(
      expect.arrayContaining(["mcp-session-buddy", "mcp-akosha", "mcp-mahavishnu"]),
    );
    for (const type of ["service:Service", "Instance", "URLMap", "GlobalForwardingRule"]) {
      expect(
        none.those(type).filter((found) => !found.type.startsWith("gcp:projects/")),
        type,
      ).toEqual([]);
    }
  });
});

describe("the APIs", () => {
  const apiOf: Record<string, string | undefined> = {
    ...{
      artifactregistry: "artifactregistry",
      cloudrunv2: "run",
      cloudscheduler: "cloudscheduler",
      compute: "compute",
    },
    ...{ dns: "dns", iap: "iap", logging: "logging", monitoring: "monitoring", projects: "cloudresourcemanager" },
    ...{ pubsub: "pubsub", secretmanager: "secretmanager", serviceaccount: "iam", sql: "sqladmin", storage: "storage" },
    servicenetworking: "servicenetworking",
  };

  test.each(["stable", "iap"] as const)(
    "that the resources of the %s stack need are on, and others are not",
    (state) => {
      const graph = graphs[state];
      const on = graph.those("projects/service:Service").map(({ inputs }) => inputs.service);
      const needed = graph.resources
        .filter(({ type }) => type.startsWith("gcp:"))
        .map(({ type }) => apiOf[type.split(/[:/]/)[1] ?? ""] ?? `no API is known for ${type}`);
      // the machine reads secrets in the services' names through this one
      expect(on.sort()).toEqual(
        [...new Set([...needed, "iamcredentials"])].map((api) => `${api}.googleapis.com`).sort(),
      );
    },
  );
});

describe("the registry", () => {
  test("keeps the images of the stable, the candidate and every release before them", () => {
    const [keep, remove] = graphs.candidate.one("registry-repository").inputs.cleanupPolicies as [
      { action: string; condition: { versionNamePrefixes: string[] } },
      { action: string },
    ];
    expect([keep.action, remove.action]).toEqual(["KEEP", "DELETE"]);
    expect(keep.condition.versionNamePrefixes).toEqual(
      expect.arrayContaining([..."abf"].map((digit) => `sha256:${digit.repeat(64)}`)),
    );
    const own = [prod.edge.image, prod.backups.image].map((image) => image.split("@")[1]);
    expect(keep.condition.versionNamePrefixes).toEqual(expect.arrayContaining(own));
  });
});

describe("secrets", () => {
  test("are in Secret Manager, with their rotation, and marked", () => {
    const { stable } = graphs;
    expect(stable.one("secrets-auth-secret").inputs).toMatchObject({
      secretId: "auth-secret",
      replication: { auto: {} },
      annotations: { "rotation-days": "90" },
    });
    for (const version of stable.those("SecretVersion")) expect(version.secretPaths).toEqual(["secretData"]);
    expect(stable.one("secrets-mahavishnu-database-url-version").secretPaths).toEqual(["secretData"]);
  });

  test.each([
    ["session-buddy", ["session-encryption-key"]],
    ["akosha", ["akosha-api-token", "akosha-database-url", "akosha-jwt-secret"]],
    [
      "mahavishnu",
      ["auth-secret", "mahavishnu-database-password", "mahavishnu-database-url", expect.stringContaining("-file-")],
    ],
  ])("of %s are read by its account alone", (service, expected) => {
    const member = `serviceAccount:mcp-${service}@mahavishnu-prod.iam.gserviceaccount.com`;
    const readers = graphs.stable.those("SecretIamMember");
    const read = readers.filter(({ inputs }) => inputs.member === member);
    expect(read.map(({ inputs }) => inputs.secretId).sort()).toEqual(expected);
    for (const { inputs } of read) expect(inputs.role).toBe("roles/secretmanager.secretAccessor");
  });

  test("are there, and readable, before the service that reads them", () => {
    const { stable } = graphs;
    const service = stable.one("mahavishnu", "cloud-run:Service").dependsOn;
    for (const name of ["secrets-auth-secret-version", "mahavishnu-identity-reads-auth-secret"]) {
      expect(service).toContain(stable.one(name).urn);
    }
  });
});

describe("the database", () => {
  test("is PostgreSQL 16 in the private network, by TLS only, restorable to any moment, and cannot be deleted by mistake", () => {
    const { protect, inputs } = graphs.stable.one("database-server");
    expect(protect).toBe(true);
    expect(inputs).toMatchObject({
      databaseVersion: "POSTGRES_16",
      deletionProtection: true,
      settings: {
        tier: "db-custom-2-7680",
        deletionProtectionEnabled: true,
        ipConfiguration: {
          ipv4Enabled: false,
          privateNetwork: "projects/mahavishnu-prod/global/networks/mahavishnu-prod",
          sslMode: "ENCRYPTED_ONLY",
        },
        backupConfiguration: { enabled: true, pointInTimeRecoveryEnabled: true },
        maintenanceWindow: { day: 7, hour: 11 },
      },
    });
  });

  test("has a database and a role for each service that keeps data there", () => {
    const { stable } = graphs;
    expect(
      stable
        .those("Database")
        .filter(({ type }) => type.startsWith("gcp:sql"))
        .map(({ inputs }) => inputs.name),
    ).toEqual(["akosha", "mahavishnu"]);
    for (const role of stable.those("User")) expect(role.secretPaths).toEqual(["password"]);
    expect(
      stable
        .those("User")
        .map(({ inputs }) => inputs.name)
        .sort(),
    ).toEqual(["akosha", "mahavishnu"]);
  });

  test("is known by a name that revisions can freeze", () => {
    expect(graphs.stable.one("database-address").inputs).toMatchObject({
      name: `${databaseName}.`,
      type: "A",
      rrdatas: [UNKNOWN],
    });
  });
});

describe("a service on Cloud Run", () => {
  const service = (graph: CloudGraph, name: string) => graph.one(`${name}-service`).inputs;

  test("rests on its stable", () => {
    const stable = prodRevision("a", "akosha");
    expect(service(graphs.stable, "akosha")).toMatchObject({
      name: "akosha",
      template: { revision: stable },
      traffics: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
      annotations: { "mahavishnu.dev/declared": JSON.stringify({ [stable]: 100 }) },
      deletionProtection: true,
      invokerIamDisabled: false,
    });
  });

  test("has the candidate's template, and all traffic on its stable", () => {
    const [stable, candidate] = [prodRevision("a", "akosha"), prodRevision("b", "akosha")];
    expect(service(graphs.candidate, "akosha")).toMatchObject({
      template: { revision: candidate },
      traffics: [
        { revision: stable, percent: 100 },
        { revision: candidate, percent: 0, tag: "candidate" },
      ],
      annotations: { "mahavishnu.dev/declared": JSON.stringify({ [stable]: 100 }) },
    });
  });

  test("is on the internet only where it has no domain, and then by the platform's own address", () => {
    expect(service(graphs.open, "akosha")).toMatchObject({ ingress: "INGRESS_TRAFFIC_ALL", defaultUriDisabled: false });
    expect(service(graphs.stable, "akosha")).toMatchObject({
      ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
      defaultUriDisabled: true,
      customAudiences: ["https://akosha.mcp.mahavishnu.dev"],
    });
  });

  test("starts after those that it calls", () => {
    const { stable } = graphs;
    expect(isBefore(stable, "singles-instance", "akosha-service")).toBe(true);
    expect(isBefore(stable, "akosha-service", "mahavishnu-service")).toBe(true);
    expect(stable.one("mahavishnu", "cloud-run:Service").dependsOn).toContain(stable.one("akosha-service").urn);
  });

  test("is never a single writer", () => {
    for (const graph of Object.values(graphs)) {
      expect(graph.those("cloudrunv2/service:Service").map(({ inputs }) => inputs.name)).not.toContain("session-buddy");
    }
  });
});

const prodRevision = (digit: string, service: string) =>
  releaseOf("r", digit).revisions["cloud-run"]?.find((revision) => revision.service === service)?.id ?? "";

describe("invokers", () => {
  test.each(["stable", "candidate", "open", "iap"] as const)("of the %s stack are named ones", (state) => {
    const members = graphs[state].those("IamMember").map(({ inputs }) => String(inputs.member));
    for (const member of [
      ...members,
      ...graphs[state].those("ServiceIamMember").map(({ inputs }) => String(inputs.member)),
    ]) {
      expect(member).not.toMatch(/^all(Authenticated)?Users$/);
    }
    for (const { inputs } of graphs[state].those("cloudrunv2/service:Service"))
      expect(inputs.invokerIamDisabled).toBe(false);
  });

  test("are the settings' with iam, Google's own proxy with iap, and the services that call as peers", () => {
    const of = (graph: CloudGraph, service: string) =>
      graph
        .those("ServiceIamMember")
        .filter(({ name }) => name.startsWith(`${service}-called-by-`))
        .map(({ inputs }) => inputs.member);
    const mahavishnu = "serviceAccount:mcp-mahavishnu@mahavishnu-prod.iam.gserviceaccount.com";
    expect(of(graphs.stable, "akosha")).toEqual(["group:mcp-agents@mahavishnu.dev", mahavishnu]);
    expect(of(graphs.stable, "mahavishnu")).toEqual(["group:mcp-agents@mahavishnu.dev"]);
    const proxy = "serviceAccount:service-100000000002@gcp-sa-iap.iam.gserviceaccount.com";
    expect(of(graphs.iap, "akosha")).toEqual([proxy, mahavishnu]);
    expect(graphs.iap.those("ServiceIdentity").map(({ inputs }) => inputs.service)).toContain("iap.googleapis.com");
  });
});

describe("the way in", () => {
  test("without a domain is Cloud Run's own", () => {
    for (const graph of [graphs.open, graphs.openCandidate]) {
      for (const type of ["URLMap", "BackendService", "SecurityPolicy", "RegionUrlMap"])
        expect(graph.those(type)).toEqual([]);
    }
  });

  test("with one is a balancer with one certificate, TLS 1.2 and a limit for each client", () => {
    const { stable } = graphs;
    expect(stable.one("balancer-certificate").inputs).toMatchObject({
      managed: { domains: ["akosha.mcp.mahavishnu.dev", "mahavishnu.mcp.mahavishnu.dev"] },
    });
    expect(stable.one("balancer-encryption").inputs).toMatchObject({ minTlsVersion: "TLS_1_2", profile: "MODERN" });
    expect(stable.one("balancer-proxy").dependsOn).toContain(stable.one("balancer-encryption").urn);
    expect(stable.one("balancer-entrance").inputs).toMatchObject({
      portRange: "443",
      loadBalancingScheme: "EXTERNAL_MANAGED",
    });
    expect(stable.one("balancer-limits").inputs.rules).toMatchObject([
      { action: "rate_based_ban", rateLimitOptions: { rateLimitThreshold: { count: 60, intervalSec: 60 } } },
      { action: "allow" },
    ]);
    for (const backend of stable.those("backendService:BackendService")) {
      expect(backend.dependsOn).toContain(stable.one("balancer-limits").urn);
      expect(backend.inputs).toMatchObject({ iap: { enabled: false }, logConfig: { enable: true } });
    }
  });

  test("leads to the candidate by its tag, behind the same door", () => {
    const { stable, candidate } = graphs;
    expect(stable.those("RegionNetworkEndpointGroup").filter(({ name }) => name.includes("candidate"))).toEqual([]);
    expect(candidate.one("balancer-akosha-endpoints").inputs.cloudRun).toEqual({ service: "akosha" });
    expect(candidate.one("balancer-akosha-candidate-endpoints").inputs.cloudRun).toEqual({
      service: "akosha",
      tag: "candidate",
    });
    expect(candidate.one("balancer-akosha-candidate").dependsOn).toContain(candidate.one("balancer-limits").urn);
  });

  test("asks people to sign in with iap, at the candidate as well", () => {
    for (const backend of graphs.iap.those("backendService:BackendService"))
      expect(backend.inputs.iap).toEqual({ enabled: true });
    expect(graphs.iap.those("WebBackendServiceIamMember").map(({ inputs }) => [inputs.role, inputs.member])).toEqual(
      Array(4).fill(["roles/iap.httpsResourceAccessor", "group:mcp-agents@mahavishnu.dev"]),
    );
    expect(graphs.candidate.those("WebBackendServiceIamMember")).toEqual([]);
  });
});

describe("peers", () => {
  const argumentsOf = (graph: CloudGraph): string => {
    const { containers } = graph.one("mahavishnu-service").inputs.template as { containers: { args: string[] }[] };
    return containers[1]?.args[1] ?? "";
  };

  test("without a domain are called by the platform's address, with a token for it", () => {
    const {
      static_resources: { clusters },
    } = JSON.parse(argumentsOf(graphs.open));
    const address = "akosha-100000000002.europe-west1.run.app";
    expect(clusters[0]).toMatchObject({
      load_assignment: {
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: 443 } } } }] }],
      },
      metadata: { typed_filter_metadata: { "envoy.filters.http.gcp_authn": { url: `https://${address}` } } },
    });
  });

  test("behind a domain are called inside the network, with a token for the address that clients know", () => {
    const { stable } = graphs;
    const {
      static_resources: { clusters },
    } = JSON.parse(argumentsOf(stable));
    const address = "akosha.mahavishnu.internal";
    expect(clusters[0]).toMatchObject({
      load_assignment: {
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: 80 } } } }] }],
      },
      metadata: {
        typed_filter_metadata: { "envoy.filters.http.gcp_authn": { url: "https://akosha.mcp.mahavishnu.dev" } },
      },
    });
    expect(stable.one("peers-akosha-name").inputs).toMatchObject({ name: `${address}.`, rrdatas: [UNKNOWN] });
    expect(stable.one("peers-akosha-endpoints").inputs).toMatchObject({ cloudRun: { service: "akosha" } });
    expect(stable.one("peers-entrance").inputs).toMatchObject({ loadBalancingScheme: "INTERNAL_MANAGED" });
    expect(namesOf(stable, "RegionBackendService")).toEqual(["peers-akosha"]);
  });
});

describe("the machine of the single services", () => {
  test("is a small one without an address outside, whose system checks and updates itself", () => {
    const { inputs } = graphs.stable.one("singles-instance");
    expect(inputs).toMatchObject({
      name: "singles",
      machineType: "e2-standard-4",
      bootDisk: { initializeParams: { image: "projects/cos-cloud/global/images/family/cos-stable" } },
      networkInterfaces: [{ subnetwork: "mahavishnu-prod-machine" }],
      shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
      metadata: { "cos-update-strategy": "update_enabled", "google-logging-enabled": "true" },
    });
    expect(JSON.stringify(inputs.networkInterfaces)).not.toContain("accessConfigs");
    expect(graphs.stable.those("RouterNat")).toHaveLength(1);
  });

  test("holds no secret in its metadata", () => {
    const { secretPaths, inputs } = graphs.candidate.one("singles-instance");
    expect(secretPaths).toEqual([]);
    expect(JSON.stringify(inputs.metadata)).toContain("session-encryption-key");
  });

  test("has a durable disk for each service, with a snapshot each day", () => {
    const { stable } = graphs;
    const disk = stable.one("singles-session-buddy-disk");
    expect(disk.protect).toBe(true);
    expect(stable.one("singles-instance").inputs.attachedDisks).toEqual([
      { source: disk.inputs.name, deviceName: "session-buddy" },
    ]);
    expect(stable.one("singles-session-buddy-snapshots").inputs).toMatchObject({ disk: disk.inputs.name });
    expect(stable.one("singles-snapshots").inputs.snapshotSchedulePolicy).toMatchObject({
      schedule: { dailySchedule: { daysInCycle: 1, startTime: "02:00" } },
      retentionPolicy: { maxRetentionDays: 30, onSourceDiskDelete: "KEEP_AUTO_SNAPSHOTS" },
    });
  });

  test("is reached from the services alone, at the ports of what runs there", () => {
    const callers = (graph: CloudGraph) => graph.one("singles-callers").inputs;
    expect(graphs.stable.those("Firewall")).toHaveLength(1);
    expect(callers(graphs.stable)).toMatchObject({
      direction: "INGRESS",
      sourceRanges: [graphs.stable.one("network-services").inputs.ipCidrRange],
      targetServiceAccounts: ["mcp-singles@mahavishnu-prod.iam.gserviceaccount.com"],
      allows: [{ protocol: "tcp", ports: ["8678"] }],
    });
    expect(callers(graphs.candidate)).toMatchObject({ allows: [{ ports: ["8678", "18678"] }] });
  });

  test("does no more in its own name than fetch images, write logs and series, and stand for its services", () => {
    const member = "serviceAccount:mcp-singles@mahavishnu-prod.iam.gserviceaccount.com";
    const roles = graphs.stable.resources
      .filter(({ name, inputs }) => inputs.member === member && name.startsWith("singles-"))
      .map(({ inputs }) => String(inputs.role));
    expect(roles.sort()).toEqual([
      "roles/artifactregistry.reader",
      "roles/iam.serviceAccountTokenCreator",
      "roles/logging.logWriter",
      "roles/monitoring.metricWriter",
    ]);
  });

  test("changes what it runs without a restart, and is another one only when its start is", () => {
    expect(graphs.stable.one("singles-instance")).toMatchObject({
      replaceOnChanges: ['metadata["user-data"]'],
      deleteBeforeReplace: true,
    });
    const start = (graph: CloudGraph) =>
      (graph.one("singles-instance").inputs.metadata as Record<string, string>)["user-data"];
    expect(start(graphs.candidate)).toBe(start(graphs.stable));
  });
});

test("nothing of the ground changes with the state of the releases", () => {
  const ground = ["apis", "network", "database"];
  const of = (graph: CloudGraph) =>
    graph.resources
      .filter(({ name }) => ground.some((part) => name.startsWith(part)))
      .map(({ name, inputs }) => [name, inputs]);
  expect(of(graphs.candidate)).toEqual(of(graphs.stable));
  expect(of(graphs.stable)).toEqual(of(graphs.none));
});
