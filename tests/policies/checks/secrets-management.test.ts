import { describe, expect, test } from "vitest";
import { secretsManagement } from "../../../policies/checks/secrets-management.ts";
import {
  asked,
  cloudService,
  deployment,
  dockerContainer,
  dockerService,
  factsOf,
  filed,
  reasons,
  resource,
  UNKNOWN,
} from "../fixtures.ts";

const facts = factsOf("prod", { evidence: [filed("secrets")] });
const everywhere = [
  ["Cloud Run", [cloudService("akosha"), cloudService("mahavishnu")]],
  ["a Docker host", [dockerService("akosha"), dockerService("session-buddy")]],
  ["a cluster", [deployment("akosha"), deployment("mahavishnu")]],
] as const;

describe("secrets management", () => {
  test.each(everywhere)("passes on %s where secrets come by reference", (_, resources) => {
    expect(reasons(asked(secretsManagement, resources, facts))).toBe("");
  });
  test.each(everywhere)("warns on %s without evidence of valid forms", (_, resources) => {
    expect(asked(secretsManagement, resources).verdict).toBe("warn");
  });
  test("fails when evidence reports a malformed secret", () => {
    const secrets = [{ name: "auth-secret", verdict: "malformed" }];
    const bad = factsOf("prod", { evidence: [filed("secrets", { result: { stack: "prod", secrets } })] });
    expect(asked(secretsManagement, everywhere[0][1], bad).verdict).toBe("fail");
  });
  test.each([
    [
      "a secret's variable with a value",
      cloudService("akosha", { container: { envs: [{ name: "AKOSHA_API_TOKEN", value: "c0ffee" }] } }),
      "envs[0]",
    ],
    [
      "a connection URL with its password",
      dockerContainer("x", { envs: ["URL=postgresql://a:s3cr3t@db/a"] }),
      "envs[0]",
    ],
    [
      "a private key in a ConfigMap",
      resource("kubernetes:core/v1:ConfigMap", "x", { data: { key: "-----BEGIN PRIVATE KEY-----" } }),
      "data.key",
    ],
    [
      "a token in a label",
      resource("gcp:storage/bucket:Bucket", "x", { labels: { a: `ghp_${"a".repeat(36)}` } }),
      "labels.a",
    ],
    ["a Fernet key in an argument", dockerContainer("x", { command: [`${"k".repeat(43)}=`] }), "command[0]"],
    ["a marked secret in an environment", dockerContainer("x", { envs: ["A=b"] }, { secrets: ["envs[0]"] }), "envs[0]"],
    [
      "an unmarked secret where secrets are kept",
      resource("kubernetes:core/v1:Secret", "x", { stringData: { a: "b" } }, { secrets: [] }),
      "stringData.a",
    ],
    [
      "a service without one of its secrets",
      deployment("session-buddy", { container: { env: [] } }),
      "SESSION_ENCRYPTION_KEY",
    ],
  ])("fails with %s, and says only where", (_, broken, place) => {
    const outcome = asked(secretsManagement, [broken], facts);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(place);
    expect(reasons(outcome)).not.toMatch(/s3cr3t|c0ffee|BEGIN|ghp_/);
  });
  test("a marked secret where secrets are kept passes", () => {
    const kept = resource("kubernetes:core/v1:Secret", "x", { stringData: { a: "b" } }, { secrets: ["stringData"] });
    expect(reasons(asked(secretsManagement, [kept, deployment("akosha")], facts))).toBe("");
  });
  test("is not proven where a variable is unknown", () => {
    const outcome = asked(
      secretsManagement,
      [cloudService("akosha", { container: { envs: [{ name: "A", value: UNKNOWN }] } })],
      facts,
    );
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: template.containers[0].envs[0].value");
  });
});
