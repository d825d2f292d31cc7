import { describe, expect, test } from "vitest";
import { dataEncryption } from "../../../policies/checks/data-encryption.ts";
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
const database = (sslMode: unknown) =>
  resource("gcp:sql/databaseInstance:DatabaseInstance", "db", { settings: { ipConfiguration: { sslMode } } });
const policy = (minTlsVersion: unknown) => resource("gcp:compute/sSLPolicy:SSLPolicy", "tls", { minTlsVersion });
const proxy = (of?: ReturnType<typeof policy>) =>
  resource(
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy",
    "proxy",
    { sslPolicy: UNKNOWN },
    { from: { sslPolicy: of ? [of] : [] } },
  );
const gateway = (listener: object) =>
  resource("kubernetes:gateway.networking.k8s.io/v1:Gateway", "gateway", { spec: { listeners: [listener] } });
const tls = policy("TLS_1_2");
const cloud = [cloudService("session-buddy"), database("ENCRYPTED_ONLY"), tls, proxy(tls)];
const secure = gateway({ protocol: "HTTPS", tls: { certificateRefs: [{ name: "mcp-tls" }] } });

describe("data encryption", () => {
  test.each([
    ["Cloud Run", cloud],
    [
      "a Docker host",
      [dockerService("session-buddy"), dockerContainer("edge", { ports: [{ internal: 1, ip: "127.0.0.1" }] })],
    ],
    ["a cluster", [deployment("session-buddy"), secure]],
  ])("passes on %s", (_, resources) => {
    expect(reasons(asked(dataEncryption, resources, facts))).toBe("");
  });
  test.each([
    [
      "the session key in the clear",
      [cloudService("session-buddy", { container: { envs: [{ name: "SESSION_ENCRYPTION_KEY", value: "k" }] } })],
      "SESSION_ENCRYPTION_KEY",
    ],
    ["a database that takes plain connections", [...cloud, database("ALLOW_UNENCRYPTED_AND_ENCRYPTED")], "without TLS"],
    [
      "a client that talks to its database in the clear",
      [
        ...cloud,
        cloudService("mahavishnu", { container: { envs: [{ name: "MAHAVISHNU_DB_SSL_MODE", value: "disable" }] } }),
      ],
      "envs[0]",
    ],
    ["an old TLS", [cloud[0] as never, policy("TLS_1_0"), proxy(policy("TLS_1_0"))], "older than 1.2"],
    ["no TLS policy", [cloud[0] as never, proxy()], "older than 1.2"],
    [
      "a plain proxy",
      [...cloud, resource("gcp:compute/targetHttpProxy:TargetHttpProxy", "plain", {})],
      "unencrypted HTTP",
    ],
    ["a gateway's plain listener", [deployment("session-buddy"), gateway({ protocol: "HTTP" })], "without TLS"],
    [
      "a port beyond the host without TLS",
      [dockerService("session-buddy"), dockerContainer("edge", { ports: [{ internal: 8680, ip: "0.0.0.0" }] })],
      "port 8680",
    ],
    [
      "a backup without a password",
      [dockerService("session-buddy"), dockerContainer("backup", { command: ["schedule", "02:00", "save"] })],
      "RESTIC_PASSWORD",
    ],
  ])("fails with %s", (_, resources, words) => {
    const outcome = asked(dataEncryption, resources, facts);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain(words);
  });
  test("is not proven where the database's mode is unknown", () => {
    const outcome = asked(dataEncryption, [cloud[0] as never, database(UNKNOWN)], facts);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: settings.ipConfiguration.sslMode");
  });
});
