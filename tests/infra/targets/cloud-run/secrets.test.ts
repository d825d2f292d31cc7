import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { serviceNames } from "../../../../ecosystem/services.ts";
import type { CloudRunDeployment } from "../../../../infra/deployment.ts";
import { databaseRoles, filesOf, secretsOf, storedSecrets } from "../../../../infra/targets/cloud-run/secrets.ts";
import { openBarrier } from "../../../../infra/traffic-guard.ts";
import { settingsIn } from "../../../fixtures/releases.ts";
import { revisionOf } from "./fixtures.ts";

const revisions = (digit: string) => new Map(serviceNames.map((name) => [name, revisionOf(name, digit)]));
const deployment: CloudRunDeployment = {
  ...{
    stack: "prod",
    settings: settingsIn("prod", "cloud-run"),
    stable: revisions("a"),
    candidate: new Map(),
    images: [],
  },
  secret: (name) => pulumi.secret(`<${name}>`),
  barrier: openBarrier,
};
const plain = (output: pulumi.Output<string> | undefined) => new Promise((resolve) => output?.apply(resolve));

test("given and generated secrets are stored unchanged, derived ones with the server's name", async () => {
  const stored = storedSecrets(deployment);
  expect(await plain(stored.get("auth-secret"))).toBe("<auth-secret>");
  expect(await plain(stored.get("akosha-database-url"))).toBe(
    "postgresql://akosha:<akosha-database-password>@postgres.mahavishnu.internal:5432/akosha?sslmode=require",
  );
  for (const [name, value] of stored) expect(await pulumi.isSecret(value), name).toBe(true);
});

test("only secrets that the stack reads are stored", () => {
  const stored = [...storedSecrets(deployment).keys()];
  expect(stored).toEqual(expect.arrayContaining(["session-encryption-key", "restic-password"]));
  // of a PostgreSQL that a stack runs itself, and of places outside the platform
  for (const other of ["postgres-password", "backup-writer-credentials", "slack-webhook-url"]) {
    expect(stored).not.toContain(other);
  }
});

test("a service can read its revisions' secrets, and no others of its description", () => {
  const [revision, old] = [
    revisionOf("akosha", "a"),
    { ...revisionOf("akosha", "b"), secrets: { OLD: "auth-secret" } },
  ];
  const stable = new Map([["akosha", old]]);
  expect(secretsOf("akosha", { stable: new Map(), candidate: new Map() })).toEqual([]);
  expect(secretsOf("akosha", { stable, candidate: new Map() })).toEqual(["auth-secret"]);
  expect(secretsOf("akosha", { stable, candidate: new Map([["akosha", revision]]) })).toEqual([
    ...["akosha-api-token", "akosha-database-url", "akosha-jwt-secret"],
    "auth-secret",
  ]);
});

test("a file is known by its content, and only where Cloud Run needs it", () => {
  const [mahavishnu, single] = [revisionOf("mahavishnu", "a"), revisionOf("session-buddy", "a")];
  const other = { ...mahavishnu, files: { "/app/repositories/repos.yaml": "repos: [x]\n" } };
  const both = {
    stable: new Map([["mahavishnu" as const, mahavishnu]]),
    candidate: new Map([["mahavishnu" as const, other]]),
  };
  expect([...filesOf("mahavishnu", both).values()]).toEqual(["repos: []\n", "repos: [x]\n"]);
  const machine = { ...single, files: { "/app/x": "x" } };
  expect(filesOf("session-buddy", { stable: new Map([["session-buddy", machine]]), candidate: new Map() }).size).toBe(
    0,
  );
});

test("each service with data in PostgreSQL has its own role and database", async () => {
  const roles = databaseRoles(deployment);
  expect(roles.map(({ service, name, user }) => [service, name, user])).toEqual([
    ["akosha", "akosha", "akosha"],
    ["mahavishnu", "mahavishnu", "mahavishnu"],
  ]);
  expect(await plain(roles[0]?.password)).toBe("<akosha-database-password>");
});
