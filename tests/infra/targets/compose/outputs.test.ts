import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { composeOutputs } from "../../../../infra/targets/compose/outputs.ts";
import { deploymentIn, localWith, prod } from "./fixtures.ts";

describe("the outputs of a stack on a Docker host", () => {
  test("say where users call, where a candidate is tried, and how the edge's admin is reached", () => {
    const token = pulumi.secret("the token");
    const headers = { "x-revision": "candidate", "x-preview-token": token };
    expect(composeOutputs({ ...deploymentIn("candidate"), secret: () => token })).toEqual({
      urls: {
        "session-buddy": "http://127.0.0.1:8678/mcp",
        akosha: "http://127.0.0.1:8682/mcp",
        mahavishnu: "http://127.0.0.1:8680/mcp",
      },
      candidateUrls: {
        "session-buddy": { url: "http://127.0.0.1:8678/mcp", headers },
        akosha: { url: "http://127.0.0.1:8682/mcp", headers },
        mahavishnu: { url: "http://127.0.0.1:8680/mcp", headers },
      },
      // a unix socket in the container of that name
      edgeAdmin: "docker://mahavishnu-local-edge/var/lib/edge/admin.sock",
    });
  });

  test("have no preview without a candidate, and nothing at all before the first release", () => {
    expect(composeOutputs(deploymentIn("stable")).candidateUrls).toEqual({});
    expect(composeOutputs(deploymentIn("none"))).toEqual({ urls: {}, candidateUrls: {}, edgeAdmin: null });
  });

  const tls = { tls: true, certificates: "/etc/certificates" };
  test.each([
    ["ssh://deploy@mcp.acme.dev", "0.0.0.0", "https://mcp.acme.dev:8682/mcp"],
    ["ssh://deploy@mcp.acme.dev:2222", "0.0.0.0", "https://mcp.acme.dev:8682/mcp"],
    ["ssh://deploy@mcp.acme.dev", "203.0.113.7", "https://203.0.113.7:8682/mcp"],
    ["unix:///var/run/docker.sock", "0.0.0.0", "https://127.0.0.1:8682/mcp"],
  ])("name the host %s, published on %s, as its users do", (host, publish, url) => {
    const settings = localWith({ host, publish, ...tls }, prod.edge.auth);
    expect(composeOutputs(deploymentIn("stable", settings)).urls.akosha).toBe(url);
  });

  test("of the committed prod are https", () => {
    const { urls } = composeOutputs({ ...deploymentIn("stable"), stack: "prod", settings: prod });
    expect(urls.mahavishnu).toBe("https://mcp.mahavishnu.dev:8680/mcp");
  });
});
