import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiDouble, startApi } from "./api.ts";

/** A double of Google Cloud in which nothing has been deployed, and the environment that leads Google's own client to it. */
export type GoogleDouble = { env: Record<string, string>; close: ApiDouble["close"] };

/** Starts it on loopback: it hands out a token to whoever shows the credentials, and knows no service. */
export async function startGoogle(): Promise<GoogleDouble> {
  const { url, answers, close } = await startApi();
  answers.set("/token", { status: 200, body: { access_token: "double", expires_in: 3600, token_type: "Bearer" } });
  const folder = await mkdtemp(join(tmpdir(), "maha-google-"));
  await writeFile(join(folder, "subject"), "subject");
  const credentials = {
    type: "external_account",
    audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${url}/token`,
    credential_source: { file: join(folder, "subject") },
  };
  await writeFile(join(folder, "credentials.json"), JSON.stringify(credentials));
  const env = {
    GOOGLE_APPLICATION_CREDENTIALS: join(folder, "credentials.json"),
    GOOGLE_CLOUD_PROJECT: "double",
    CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: url,
  };
  return { env, close };
}
