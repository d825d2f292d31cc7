import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { rootCertificates } from "node:tls";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import {
  AUTHORITIES,
  HEALTH_PORT,
  identityProxyArguments,
  identityProxyConfig,
} from "../../../../infra/targets/cloud-run/identity-proxy.ts";
import { freePort } from "../../../../rehearsal/port.ts";
import { envoyBinary, temporaryFolder } from "../../../fixtures/envoy.ts";

const peer = {
  service: "akosha",
  port: 8682,
  url: "https://akosha-1.run.app",
  audience: "https://akosha-1.run.app",
} as const;

test("each peer has its port on loopback and its own token, and the certificate is checked against its name", () => {
  const { listeners, clusters } = identityProxyConfig([peer]).static_resources;
  expect(listeners.map(({ name, address }) => [name, address.socket_address])).toEqual([
    ["akosha", { address: "127.0.0.1", port_value: 8682 }],
    ["health", { address: "0.0.0.0", port_value: HEALTH_PORT }],
  ]);
  expect(clusters[0]).toMatchObject({
    load_assignment: {
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: "akosha-1.run.app", port_value: 443 } } } },
          ],
        },
      ],
    },
    metadata: { typed_filter_metadata: { "envoy.filters.http.gcp_authn": { url: "https://akosha-1.run.app" } } },
    transport_socket: {
      typed_config: {
        sni: "akosha-1.run.app",
        common_tls_context: {
          validation_context: {
            trusted_ca: { filename: AUTHORITIES },
            match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: "akosha-1.run.app" } }],
          },
        },
      },
    },
  });
});

test("Envoy accepts it, with TLS and without", async () => {
  const folder = await temporaryFolder();
  const authorities = join(folder, "authorities.pem");
  await writeFile(authorities, rootCertificates.join("\n"));
  const inside = { ...peer, service: "mahavishnu", port: 8680, url: "http://mahavishnu.mahavishnu.internal" } as const;
  const started = identityProxyArguments([peer, inside]).map((word) => word.replace(AUTHORITIES, authorities));
  const { stdout, stderr } = await promisify(execFile)(await envoyBinary(), ["--mode", "validate", ...started]);
  expect(`${stdout}${stderr}`).toContain("OK");
});

test("a call gets a token for its peer beside its own Authorization, and one token serves many calls", async () => {
  const asked: string[] = [];
  const metadata = await serve((request) => {
    asked.push(`${request.headers["metadata-flavor"]} ${decodeURIComponent(request.url ?? "")}`);
    return token;
  });
  const seen: IncomingMessage["headers"][] = [];
  const akosha = await serve((request) => {
    seen.push(request.headers);
    return "found";
  });
  const [port, health] = [await freePort(), await freePort()];
  const url = `http://localhost:${akosha}`;
  const peers = [{ ...peer, port, url, audience: "https://akosha.mcp.acme.dev" }];
  const started = identityProxyArguments(peers, { address: "127.0.0.1", port: metadata }).map((word) =>
    word.replace(`"0.0.0.0","port_value":${HEALTH_PORT}`, `"127.0.0.1","port_value":${health}`),
  );
  const envoy = spawn(await envoyBinary(), started);
  const ended = once(envoy, "exit");
  onTestFinished(async () => {
    envoy.kill("SIGTERM");
    await ended;
  });
  await until(() =>
    fetch(`http://127.0.0.1:${health}/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );

  const stale = { Authorization: "Bearer akosha's own", "X-Serverless-Authorization": "Bearer somebody else's" };
  for (const _ of [1, 2, 3]) {
    const answer = await fetch(`http://127.0.0.1:${port}/mcp`, { method: "POST", body: "{}", headers: stale });
    expect(await answer.text()).toBe("found");
  }
  expect(seen[2]).toMatchObject({
    host: `localhost:${akosha}`,
    authorization: "Bearer akosha's own",
    "x-serverless-authorization": `Bearer ${token}`,
  });
  expect(asked).toEqual([
    "Google /computeMetadata/v1/instance/service-accounts/default/identity?audience=https://akosha.mcp.acme.dev",
  ]);
});

/** An identity token's form: Envoy reads how long it holds, and only then keeps it. */
const part = (content: object) => Buffer.from(JSON.stringify(content)).toString("base64url");
const token = `${part({ alg: "RS256" })}.${part({ exp: Math.floor(Date.now() / 1000) + 3600 })}.${"c2ln".repeat(8)}`;

/** A server on a port of its own that gives each request such an answer. */
async function serve(answer: (request: IncomingMessage) => string): Promise<number> {
  const server = createServer((request, response) => response.end(answer(request))).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, "listening");
  return (server.address() as { port: number }).port;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(20);
}
