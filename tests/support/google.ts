import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A double of Google Cloud in which nothing has been deployed, and the environment that leads Google's own client to it. */
export type GoogleDouble = { env: Record<string, string>; close(): Promise<void> };

/** Starts it on loopback: it hands out a token to whoever shows the credentials, and knows no service. */
export async function startGoogle(): Promise<GoogleDouble> {
  const server = createServer((request, response) => {
    const token = { access_token: "double", expires_in: 3600, token_type: "Bearer" };
    const [status, body] = request.url === "/token" ? [200, token] : [404, { error: { code: 404 } }];
    request.resume();
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = await mkdtemp(join(tmpdir(), "maha-google-"));
  await writeFile(join(folder, "subject"), "subject");
  const credentials = {
    type: "external_account",
    audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${address}/token`,
    credential_source: { file: join(folder, "subject") },
  };
  await writeFile(join(folder, "credentials.json"), JSON.stringify(credentials));
  return {
    env: {
      GOOGLE_APPLICATION_CREDENTIALS: join(folder, "credentials.json"),
      GOOGLE_CLOUD_PROJECT: "double",
      CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: address,
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
