import { describe, expect, test } from "vitest";
import { services } from "../../../ecosystem/services.ts";
import type { Target } from "../../../ecosystem/targets.ts";
import type { Settings } from "../../../infra/config/schema.ts";
import { readStack } from "../../../infra/config/stack-file.ts";
import { makeRelease } from "../../../infra/release/make.ts";
import type { Revision } from "../../../infra/release/revision.ts";
import { imagesOf, root } from "../../fixtures/releases.ts";

const { settings } = readStack(root, "prod");

function revision(service: string, target: Target, change: Partial<Settings> = {}): Revision {
  const release = makeRelease({
    stack: "prod",
    name: "r1",
    settings: { ...settings, ...change },
    images: imagesOf("a"),
    created: new Date(0),
  });
  return release.revisions[target]?.find((made) => made.service === service) as Revision;
}

describe("a new release's revisions", () => {
  test("runs each service as the ecosystem says, listening beyond loopback", () => {
    for (const service of services) {
      for (const target of ["cloud-run", "compose", "kubernetes"] as const) {
        const made = revision(service.name, target);
        expect(made).toMatchObject({ port: service.port, health: "/healthz", sessions: service.sessions[target] });
        expect(made.secrets).toEqual(service.secrets);
        if (made.command.includes("--host")) expect(made.command.join(" ")).toContain("--host 0.0.0.0");
      }
    }
  });

  test("is stateless only where any instance may answer", () => {
    expect(revision("mahavishnu", "cloud-run").environment.FASTMCP_STATELESS_HTTP).toBe("true");
    expect(revision("mahavishnu", "compose").environment.FASTMCP_STATELESS_HTTP).toBeUndefined();
    expect(revision("session-buddy", "cloud-run").environment.FASTMCP_STATELESS_HTTP).toBeUndefined();
  });

  test.each<[Target, string, string]>([
    ["compose", "http://edge:8678/mcp", "http://edge:8682/mcp"],
    ["kubernetes", "http://edge:8678/mcp", "http://edge:8682/mcp"],
    ["cloud-run", "http://singles.europe-west1-b.c.mahavishnu-prod.internal:8678/mcp", "http://127.0.0.1:8682/mcp"],
  ])("finds its peers on %s", (target, sessionBuddy, akosha) => {
    expect(revision("mahavishnu", target).environment).toMatchObject({
      MAHAVISHNU_POOLS__SESSION_BUDDY_URL: sessionBuddy,
      MAHAVISHNU_POOLS__AKOSHA_URL: akosha,
    });
  });

  test("has a proxy that authenticates calls to peers on Cloud Run, and none elsewhere", () => {
    const url = "https://akosha-100000000002.europe-west1.run.app";
    const open = { cloudRun: { ...settings.cloudRun, domain: undefined } } as Partial<Settings>;
    expect(revision("mahavishnu", "cloud-run", open).identityProxy).toEqual({
      image: settings.edge.image,
      peers: [{ service: "akosha", port: 8682, url, audience: url }],
    });
    expect(revision("mahavishnu", "cloud-run").identityProxy?.peers).toEqual([
      {
        ...{ service: "akosha", port: 8682, url: "http://akosha.mahavishnu.internal" },
        audience: "https://akosha.mcp.mahavishnu.dev",
      },
    ]);
    expect(revision("akosha", "cloud-run").identityProxy).toBeUndefined();
    expect(revision("mahavishnu", "compose").identityProxy).toBeUndefined();
  });

  test.each<[Target, string, string]>([
    ["compose", "postgres", "disable"],
    ["kubernetes", "postgres.mahavishnu.internal", "verify-full"],
    ["cloud-run", "{database.host}", "require"],
  ])("finds its database on %s, with TLS beyond one host", (target, host, sslMode) => {
    expect(revision("mahavishnu", target).environment).toMatchObject({
      MAHAVISHNU_DB_HOST: host,
      MAHAVISHNU_DB_SSL_MODE: sslMode,
    });
  });

  test("traces only where a collector answers", () => {
    expect(revision("mahavishnu", "compose").environment.MAHAVISHNU_OBSERVABILITY__TRACING_ENABLED).toBe("false");
    expect(revision("mahavishnu", "compose", { collector: "http://otel:4317" }).environment).toMatchObject({
      MAHAVISHNU_OBSERVABILITY__TRACING_ENABLED: "true",
      MAHAVISHNU_OBSERVABILITY__OTLP_ENDPOINT: "http://otel:4317",
    });
  });

  test("takes sizes and session models from the settings of its target alone", () => {
    const compose = { ...settings.compose, sizes: { akosha: { cpu: 7 } }, sessions: { akosha: "sticky" } };
    const change = { compose } as Partial<Settings>;
    expect(revision("akosha", "compose", change)).toMatchObject({ cpu: 7, memoryMi: 2048, sessions: "sticky" });
    expect(revision("akosha", "kubernetes", change)).toMatchObject({ cpu: 2, sessions: "single" });
  });
});
