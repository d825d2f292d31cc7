import { describe, expect, test } from "vitest";
import { captureStack } from "../../../../infra/graph/offline.ts";
import { UNKNOWN } from "../../../../infra/graph/resource.ts";
import { databaseName } from "../../../../infra/names.ts";
import { type CloudGraph, graphsOf, prod, releaseOf } from "./fixtures.ts";

const graphs = await graphsOf("none", "stable", "candidate", "iap");

const namesOf = (graph: CloudGraph, type: string) =>
  graph
    .those(type)
    .map(({ name }) => name)
    .sort();

describe("before the first release", () => {
  test("there is no alert policy, so no one is paged", () => expect(graphs.none.those("AlertPolicy")).toEqual([]));

  test("the base resources exist, and nothing runs", () => {
    const { none } = graphs;
    expect(namesOf(none, "Repository")).toEqual(["registry-repository"]);
    expect(none.those("DatabaseInstance")).toHaveLength(1);
    // an account, a role and secrets come with the first release that has their service
    expect(none.those("Account").map(({ inputs }) => inputs.accountId)).not.toContain("mcp-akosha");
    expect(graphs.stable.those("Account").map(({ inputs }) => inputs.accountId)).toContain("mcp-akosha");
    for (const type of ["service:Service", "Instance", "URLMap", "GlobalForwardingRule"]) {
      expect(
        none.those(type).filter((found) => !found.type.startsWith("gcp:projects/")),
        type,
      ).toEqual([]);
    }
  });
});

describe("a stack whose services are all single", async () => {
  const release = releaseOf("r1", "a");
  const those = (release.revisions["cloud-run"] ?? []).filter(({ sessions }) => sessions === "single");
  const { resources } = await captureStack(
    { name: "prod", file: "Pulumi.prod.yaml", settings: prod, secretsSet: [] },
    {
      stable: { ...release, revisions: { ...release.revisions, "cloud-run": those } },
      candidate: undefined,
      previous: [],
    },
    "cloud-run",
  );
  const of = (type: string) => resources.filter((resource) => resource.type.endsWith(`:${type}`));

  test("is monitored through its machine's reports", () => {
    expect(those.map(({ service }) => service)).toEqual(["session-buddy"]);
    expect(of("AlertPolicy").length).toBeGreaterThan(0);
    const asked = (alert: string) =>
      JSON.stringify(of("AlertPolicy").find(({ name }) => name === `alerting-${alert}`)?.inputs.conditions);
    expect(asked("ServiceDown")).toMatch(/mahavishnu_single_up\{[^}]*session-buddy/);
    expect(asked("MemoryHigh")).toMatch(/mahavishnu_single_memory_percent\{[^}]*session-buddy/);
    // what only Cloud Run's own services have is not missed
    expect(asked("NoData")).toContain("guest_disk_bytes_used");
    expect(asked("NoData")).not.toMatch(/run_googleapis_com|uptime_check/);
    for (const type of ["UptimeCheckConfig", "Slo", "ServiceIamMember"]) expect(of(type), type).toEqual([]);
  });
});

test("the base resources do not depend on the releases", () => {
  const ground = ["apis", "network", "registry", "database-server", "database-address"];
  const of = (graph: CloudGraph) =>
    graph.resources
      .filter(({ name }) => ground.some((part) => name.startsWith(part)))
      // which images the registry keeps follows from the releases
      .map(({ name, inputs: { cleanupPolicies: _, ...inputs } }) => [name, inputs]);
  expect(of(graphs.candidate)).toEqual(of(graphs.stable));
  expect(of(graphs.stable)).toEqual(of(graphs.none));
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
    const own = [prod.edge.image, prod.promoter.image, prod.backups.image].map((image) => image.split("@")[1]);
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

  test("exist and are readable before the service that reads them", () => {
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

  test("has a stable name that revisions can contain", () => {
    expect(graphs.stable.one("database-address").inputs).toMatchObject({
      name: `${databaseName}.`,
      type: "A",
      rrdatas: [UNKNOWN],
    });
  });
});
