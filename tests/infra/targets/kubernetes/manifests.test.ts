import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { secretNames } from "../../../../ecosystem/secrets.ts";
import { serviceNames } from "../../../../ecosystem/services.ts";
import type { GraphResource } from "../../../../infra/graph/resource.ts";
import {
  asYaml,
  type Manifest,
  manifestsOf,
  objectsOf,
  secretsOf,
} from "../../../../infra/targets/kubernetes/manifests.ts";
import { prod, stateOf } from "../../../fixtures/kubernetes/states.ts";
import { root } from "../../../fixtures/releases.ts";

const manifests = await manifestsOf(root, "prod");
const text = asYaml(manifests);
const publishedSettings = {
  ...prod.settings,
  edge: { ...prod.settings.edge, image: `registry.acme.dev/edge@sha256:${"e".repeat(64)}` },
  promoter: { image: `registry.acme.dev/promoter@sha256:${"d".repeat(64)}` },
  backups: { ...prod.settings.backups, image: `registry.acme.dev/backup@sha256:${"f".repeat(64)}` },
};

describe("a stack as Kubernetes YAML", () => {
  test("is read back as the same objects, by the rules of the cluster's older YAML too", () => {
    for (const version of ["1.1", "1.2"] as const) {
      const documents = parseAllDocuments(text, { version });
      expect(documents.flatMap((document) => ("errors" in document ? document.errors : []))).toEqual([]);
      expect(documents.map((document) => document.toJS())).toEqual(manifests.objects);
    }
  });

  test("holds the objects that pulumi would make, but for the secrets, and nothing that only pulumi understands", async () => {
    const { resources } = await stateOf("stable");
    const kinds = (of: { kind: string }[]) => [...new Set(of.map(({ kind }) => kind))].sort();
    const made = resources
      .filter(({ type }) => type.startsWith("kubernetes:") && !type.endsWith(":Secret"))
      .map(({ type }) => ({ kind: type.split(":").at(-1) as string }));
    expect(kinds(manifests.objects)).toEqual(kinds(made));
    expect(manifests.objects).toHaveLength(made.length);
    expect(text).not.toContain("pulumi.com/");
  });

  test("puts objects after their dependencies", () => {
    const place = (kind: string) => manifests.objects.findIndex((object) => object.kind === kind);
    expect(place("Namespace")).toBe(0);
    for (const needed of ["ServiceAccount", "RoleBinding", "ConfigMap", "PersistentVolumeClaim", "Service"]) {
      expect(place(needed), needed).toBeLessThan(place("Deployment"));
    }
    expect(place("Gateway")).toBeLessThan(place("HTTPRoute"));
    expect(place("Deployment")).toBeLessThan(place("Gateway"));
  });

  test("shows no secret, and lists the required ones with their keys", () => {
    const body = text.slice(text.indexOf("---"));
    for (const name of secretNames) expect(body).not.toContain(`<${name}>`);
    expect(text).not.toContain("[secret]");
    expect(text).not.toContain("kind: Secret\nmetadata");
    expect(manifests.secrets).toEqual(
      expect.arrayContaining([
        { namespace: "mahavishnu-prod", name: "session-buddy-secrets", keys: ["session-encryption-key"] },
        { namespace: "mahavishnu-prod", name: "mcp-tls", keys: ["tls.crt", "tls.key"] },
        {
          namespace: "mahavishnu-prod",
          name: "mahavishnu-secrets",
          keys: ["auth-secret", "mahavishnu-database-password", "mahavishnu-database-url"],
        },
      ]),
    );
    const head = text.slice(0, text.indexOf("---"));
    for (const { name, keys } of manifests.secrets) {
      expect(head).toContain(`# Secret ${name} in mahavishnu-prod\n`);
      for (const key of keys) expect(head).toContain(`#   ${key}: `);
    }
  });

  test("explains how to compose the derived secrets", () => {
    const at = "postgres.mahavishnu.internal:5432";
    for (const role of ["akosha", "mahavishnu"]) {
      expect(text).toContain(
        `#   ${role}-database-url: ${role}'s database URL, with its role's password (postgresql://${role}:<${role}-database-password>@${at}/${role}?sslmode=verify-full)\n`,
      );
    }
  });

  test("lists images that are not in a registry, and nothing if all are published", async () => {
    const head = text.slice(0, text.indexOf("---"));
    expect(head).toMatch(/These images are not in a registry: build images/);
    for (const name of [...serviceNames, "edge", "backup"]) expect(head).toContain(`#   unpublished.invalid/${name}\n`);
    const objects = objectsOf(await stateOf("stable", publishedSettings));
    expect(asYaml({ ...manifests, objects })).not.toContain("No registry");
  });

  test("names every secret that a pod reads", () => {
    const read = new Set<string>();
    const collect = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      const { secretKeyRef, secretName } = value as {
        secretKeyRef?: { name: string; key: string };
        secretName?: string;
      };
      if (secretKeyRef) read.add(`${secretKeyRef.name} ${secretKeyRef.key}`);
      if (secretName !== undefined) read.add(secretName);
      Object.values(value).forEach(collect);
    };
    collect(manifests.objects);
    const known = new Set(
      manifests.secrets.flatMap(({ name, keys }) => [name, ...keys.map((key) => `${name} ${key}`)]),
    );
    expect(read.size).toBeGreaterThan(5);
    for (const secret of read) expect([...known]).toContain(secret);
  });

  test.each(["[secret]", "[unknown]"])("is refused if an object contains %s, which text cannot represent", (value) => {
    const metadata = { name: "a", namespace: "b" };
    const inputs = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { deep: [value] } };
    const resource = { type: "kubernetes:core/v1:ConfigMap", name: "settings", inputs } as unknown as GraphResource;
    expect(() => objectsOf({ resources: [resource] })).toThrow(/^settings contains .+ which only Pulumi can fill in/);
  });

  test("before a first release is the namespace with its policies", async () => {
    const captured = await stateOf("none");
    expect(new Set(objectsOf(captured).map(({ kind }: Manifest) => kind))).toEqual(
      new Set(["Namespace", "NetworkPolicy"]),
    );
    expect(secretsOf(captured)).toEqual([]);
  });
});
