import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A double of a platform's HTTP API: answers from a table by path, 404 to all else, and remembers who asked for what. */
export type ApiDouble = {
  url: string;
  answers: Map<string, { status: number; body: unknown }>;
  asked: { url: string; authorization: string | undefined }[];
  close(): Promise<void>;
};

/** Starts it on loopback. */
export async function startApi(): Promise<ApiDouble> {
  const answers: ApiDouble["answers"] = new Map();
  const asked: ApiDouble["asked"] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    asked.push({ url, authorization: request.headers.authorization });
    const { status, body } = answers.get(url) ?? { status: 404, body: { kind: "Status", code: 404 } };
    request.resume();
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A kubeconfig that leads one context to such a double; its path is what KUBECONFIG takes. */
export async function kubeconfigFor({ url }: ApiDouble, context: string): Promise<string> {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "double", cluster: { server: url, "insecure-skip-tls-verify": true } }],
    users: [{ name: "nobody", user: {} }],
    contexts: [{ name: context, context: { cluster: "double", user: "nobody" } }],
    "current-context": "another",
  };
  const path = join(await mkdtemp(join(tmpdir(), "maha-kube-")), "config");
  await writeFile(path, JSON.stringify(config));
  return path;
}
