import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { SettingsError } from "../../../infra/config/settings.ts";
import { ownSettings, readStack, stackNames } from "../../../infra/config/stack-file.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

function folder(files: Record<string, string>): string {
  const made = mkdtempSync(join(tmpdir(), "maha-stack-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return made;
}

describe("a stack's file", () => {
  test("is in the repository for local, prod and staging, on the targets that they are meant for", () => {
    expect(stackNames(root)).toEqual(["local", "prod", "staging"]);
    expect(readStack(root, "prod").settings.target).toBe("cloud-run");
    expect(readStack(root, "local").settings.target).toBe("compose");
  });

  test("an unknown one is refused, and the existing ones are listed", () => {
    expect(() => readStack(root, "production")).toThrow(
      /stack production: there is no Pulumi\.production\.yaml\. Stacks here: local, prod, staging/,
    );
  });

  test.each(["Dev_1", "-a", "1a", "a-", "../prod", "a".repeat(25), ""])("%j names no stack on any platform", (name) => {
    const files = name.includes("/") ? {} : { [`Pulumi.${name}.yaml`]: "" };
    expect(() => readStack(folder(files), name)).toThrow(SettingsError);
    expect(() => readStack(folder(files), name)).toThrow(/: a stack name has at most 24 lower-case letters/);
  });

  test.each([
    [
      "mahavisnu:candidate",
      /^Pulumi\.x\.yaml, mahavisnu:candidate: unknown key; project settings start with mahavishnu:.*\(mahavishnu:candidate\).*gcp:/,
    ],
    [
      "candidate",
      /^Pulumi\.x\.yaml, candidate: unknown key; project settings start with mahavishnu:.*\(mahavishnu:candidate\)/,
    ],
    ["aws:region", /aws:region: unknown key; project settings start with mahavishnu:/],
  ])("a key of nobody is refused: %s", (key, message) => {
    expect(() => readStack(folder({ "Pulumi.x.yaml": `config:\n  ${key}: r2\n` }), "x")).toThrow(message);
  });

  test("keys of Pulumi and of the providers are left to them", () => {
    const keys = ["pulumi:tags", "gcp:project", "docker:host", "kubernetes:context"];
    expect(ownSettings(Object.fromEntries([...keys, "mahavishnu:a"].map((key) => [key, key])), "x")).toEqual({
      a: "mahavishnu:a",
    });
  });

  test("one that is not YAML is refused by name", () => {
    expect(() => readStack(folder({ "Pulumi.x.yaml": "config: [" }), "x")).toThrow(/^Pulumi\.x\.yaml: not YAML/);
  });

  test("one that is a list or a text is refused by name", () => {
    for (const text of ["- a\n", "hello\n"]) {
      expect(() => readStack(folder({ "Pulumi.x.yaml": text }), "x")).toThrow(/^Pulumi\.x\.yaml: not a mapping/);
    }
  });

  test("an empty one lacks everything", () => {
    expect(() => readStack(folder({ "Pulumi.x.yaml": "" }), "x")).toThrow(
      /Pulumi\.x\.yaml, mahavishnu:target: missing/,
    );
  });

  test("names of secrets are read, values are not; an unknown name is refused", () => {
    const text = (name: string) =>
      `config:\n  gcp:project: other\n  mahavishnu:secrets:\n    ${name}: { secure: v1:abc }\n`;
    expect(() => readStack(folder({ "Pulumi.x.yaml": text("auth-secert") }), "x")).toThrow(/target: missing/);
    const whole = (name: string) => `${text(name)}  mahavishnu:target: compose
  mahavishnu:edge: { image: edge:1, rateLimit: { perMinute: 60, burst: 10, perHour: 1000 } }
  mahavishnu:alerts: { P1: [pagerduty-routing-key], P2: [pagerduty-routing-key], P3: [ticket-webhook-url], P4: [ticket-webhook-url] }
  mahavishnu:promoter: { image: promoter:1 }
  mahavishnu:backups: { image: backup:1, daily: 30, weekly: 12, monthly: 6, lockVault: false }
  mahavishnu:compose: { host: unix:///var/run/docker.sock, subnet: 172.29.0.0/24, backups: /b, vault: /v }
`;
    expect(readStack(folder({ "Pulumi.x.yaml": whole("auth-secret") }), "x").secretsSet).toEqual(["auth-secret"]);
    const clear = whole("auth-secret").replace("{ secure: v1:abc }", "hunter2");
    const told = () => readStack(folder({ "Pulumi.x.yaml": clear }), "x");
    expect(told).toThrow(
      /mahavishnu:secrets\.auth-secret: its value is plaintext; treat it as compromised and rotate it.*config set --secret/,
    );
    expect(told).not.toThrow(/hunter2/);
    expect(() => readStack(folder({ "Pulumi.x.yaml": whole("auth-secert") }), "x")).toThrow(
      /mahavishnu:secrets\.auth-secert: unknown secret\. Known secrets: session-encryption-key/,
    );
    const old = folder({ "Pulumi.x.yaml": whole("retired-token") });
    mkdirSync(join(old, "releases/x"), { recursive: true });
    writeFileSync(join(old, "releases/x/r1.json"), '{ "secrets": { "TOKEN": "retired-token" } }');
    expect(readStack(old, "x").secretsSet).toEqual(["retired-token"]);
  });
});
