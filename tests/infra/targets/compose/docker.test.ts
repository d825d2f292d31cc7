import { describe, expect, test } from "vitest";
import { containerArgs, goCpus, goDuration } from "../../../../infra/targets/compose/docker.ts";
import { containerOf, describedIn, first, idOf } from "./fixtures.ts";

const described = describedIn("stable");
const mv1 = idOf(first, "mahavishnu");
const made = {
  image: "sha256:1",
  networks: { inside: "the inside", outside: "the outside" },
  volume: ({ key }: { key: string }) => `volume ${key}`,
};
const argsOf = (key: string, secrets = { volume: "the secrets", filledBy: "a container" }) =>
  containerArgs(containerOf(described, key), described, { ...made, secrets });

describe("a container for the Docker provider", () => {
  test("of a service is confined, measured, watched and named", () => {
    expect(argsOf(mv1)).toMatchObject({
      name: `mahavishnu-local-${mv1}`,
      image: "sha256:1",
      user: "10001:10001",
      readOnly: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      memory: 2048,
      memorySwap: 2048,
      cpus: "2.0",
      ulimits: [{ name: "nproc", soft: 4096, hard: 4096 }],
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "30" },
      restart: "unless-stopped",
      wait: true,
      waitTimeout: 90,
      stopTimeout: 30,
      destroyGraceSeconds: 30,
      healthcheck: { interval: "10s", timeout: "3s", retries: 3, startPeriod: "1m0s" },
      networksAdvanced: [{ name: "the inside", aliases: [mv1] }, { name: "the outside" }],
      volumes: [
        { containerPath: "/data", volumeName: `volume ${mv1}-data` },
        { containerPath: "/run/secrets", volumeName: "the secrets", readOnly: true },
      ],
    });
    expect(argsOf(mv1).tmpfs).toMatchObject({
      "/tmp": "rw,noexec,nosuid,nodev,mode=1777,uid=10001,gid=10001,size=256m",
    });
    expect(Object.keys(argsOf(mv1).tmpfs ?? {})).toEqual([
      "/tmp",
      "/app/backups",
      "/app/.oneiric_cache",
      "/app/repositories",
    ]);
    expect(argsOf(mv1).ports).toBeUndefined();
    expect(JSON.stringify(argsOf(mv1).healthcheck)).toContain("http://127.0.0.1:8680/healthz");
  });

  test("has Compose's project labels, our own, and the fingerprint of its secrets", () => {
    const labels = Object.fromEntries(
      (argsOf(mv1).labels as { label: string; value: string }[]).map(({ label, value }) => [label, value]),
    );
    expect(labels).toMatchObject({
      ecosystem: "mahavishnu",
      stack: "local",
      service: "mahavishnu",
      revision: mv1,
      "com.docker.compose.project": "mahavishnu-local",
      "com.docker.compose.service": mv1,
      "com.docker.compose.oneoff": "False",
      "com.docker.compose.container-number": "1",
      "secrets-filled-by": "a container",
    });
    expect(labels["com.docker.compose.config-hash"]).toMatch(/^[0-9a-f]{64}$/);
  });

  test("without a health check is a one-shot, and is waited for", () => {
    expect(argsOf("edge-files")).toMatchObject({
      restart: "no",
      mustRun: false,
      attach: true,
      logs: true,
      networkMode: "none",
    });
    expect(argsOf("edge-files").healthcheck).toBeUndefined();
  });

  test("publishes something only where it is the edge, on the address of the settings", () => {
    const publishing = described.containers.filter(({ key }) => argsOf(key).ports !== undefined);
    expect(publishing.map(({ key }) => key)).toEqual(["edge"]);
    expect(argsOf("edge").ports).toEqual(
      [8678, 8682, 8680].map((port) => ({ internal: port, external: port, ip: "127.0.0.1" })),
    );
  });

  test.each([
    [3, "3s"],
    [60, "1m0s"],
    [90, "1m30s"],
    [3600, "1h0m0s"],
    [5400, "1h30m0s"],
  ])("says %d seconds as the engine reads them back: %s", (seconds, text) => {
    expect(goDuration(seconds)).toBe(text);
  });

  test.each([
    [0.1, "0.1"],
    [0.25, "0.25"],
    [0.5, "0.5"],
    [1, "1.0"],
    [1.5, "1.5"],
    [4, "4.0"],
    [10, "10."],
    [64, "64.0"],
  ])("says %d processors as the provider reads them back: %s", (cpu, text) => {
    expect(goCpus(cpu)).toBe(text);
  });
});
