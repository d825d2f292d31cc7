import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import { freePort } from "../../../rehearsal/port.ts";

/** A real API server: the cluster of MAHA_TEST_KUBECONFIG, or one that is started here. */
export type ApiServer = { config: KubeConfig; url: string; authority: string; stop(): Promise<void> };

const binary = (name: string) =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((place) => join(place, name))
    .find((path) => existsSync(path));

/** Why there is no API server here; undefined where there is one. */
export const noApiServer: string | undefined =
  process.env.MAHA_TEST_KUBECONFIG || (binary("kube-apiserver") && binary("etcd"))
    ? undefined
    : "skipped: no MAHA_TEST_KUBECONFIG, and no kube-apiserver and etcd on PATH";

/** Connects to the cluster that may be tried with, or starts an API server on etcd, without any controller. */
export async function startApiServer(): Promise<ApiServer> {
  // half a second to load: only who has a cluster pays it
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const { MAHA_TEST_KUBECONFIG: given } = process.env;
  if (given) {
    config.loadFromFile(given);
    const { server = "", caData, caFile } = config.getCurrentCluster() ?? {};
    const authority = caData ? Buffer.from(caData, "base64").toString() : readFileSync(caFile ?? "", "utf8");
    return { config, url: server, authority, stop: async () => {} };
  }
  const folder = mkdtempSync(join(tmpdir(), "apiserver-"));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const token = randomBytes(16).toString("hex");
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const accounts = file("accounts.key", privateKey);
  const tokens = file("tokens.csv", `${token},admin,admin,"system:masters"\n`);
  const [store, peers, port] = [await freePort(), await freePort(), await freePort()];
  const started: ChildProcess[] = [];
  const start = (name: string, options: Record<string, string>) => {
    const args = Object.entries(options).map(([key, value]) => `--${key}=${value}`);
    const child = spawn(binary(name) as string, args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2000);
    });
    started.push(child);
    return () => (child.exitCode === null ? undefined : `${name} ended:\n${said}`);
  };
  start("etcd", {
    "data-dir": join(folder, "etcd"),
    "listen-client-urls": `http://127.0.0.1:${store}`,
    "advertise-client-urls": `http://127.0.0.1:${store}`,
    "listen-peer-urls": `http://127.0.0.1:${peers}`,
    "initial-advertise-peer-urls": `http://127.0.0.1:${peers}`,
    "initial-cluster": `default=http://127.0.0.1:${peers}`,
    "unsafe-no-fsync": "true",
  });
  const ended = start("kube-apiserver", {
    "etcd-servers": `http://127.0.0.1:${store}`,
    "bind-address": "127.0.0.1",
    "secure-port": String(port),
    "advertise-address": "127.0.0.1",
    "endpoint-reconciler-type": "none",
    "cert-dir": folder,
    "token-auth-file": tokens,
    "authorization-mode": "RBAC",
    // so that who refuses a privileged pod is the namespace
    "allow-privileged": "true",
    "service-cluster-ip-range": "10.96.0.0/16",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": accounts,
    "service-account-signing-key-file": accounts,
  });
  const stop = async () => {
    for (const child of started) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `https://127.0.0.1:${port}`;
  const certificate = join(folder, "apiserver.crt"); // it makes one for itself
  for (const limit = Date.now() + 50_000; ; await wait(100)) {
    const end = ended() ?? (Date.now() > limit ? "kube-apiserver was not ready in 50 s" : undefined);
    if (end) {
      await stop();
      throw new Error(end);
    }
    if (!existsSync(certificate)) continue;
    const authority = readFileSync(certificate, "utf8");
    config.loadFromClusterAndUser(
      {
        name: "test",
        server: url,
        caData: Buffer.from(authority).toString("base64"),
        skipTLSVerify: false,
      },
      { name: "admin", token },
    );
    const ready = await ask(config, "GET", "/readyz").catch(() => undefined);
    if (ready?.status === 200) return { config, url, authority, stop };
  }
}

export type Answer = { status: number; body: unknown; warnings: string[] };

/** Asks the API server as its administrator, or as whoever a token is for. */
export async function ask(
  config: KubeConfig,
  method: string,
  path: string,
  body?: unknown,
  token?: string,
): Promise<Answer> {
  const options: RequestOptions = { method, headers: {}, timeout: 20_000 };
  await config.applyToHTTPSOptions(options);
  const type = method === "PATCH" ? "application/apply-patch+yaml" : "application/json";
  const headers = {
    ...(options.headers as Record<string, string>),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { "content-type": type }),
  };
  const question = request(`${config.getCurrentCluster()?.server}${path}`, { ...options, headers });
  question.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = await once(question, "response");
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += part;
  const warnings = [answer.headers.warning ?? []].flat();
  return { status: answer.statusCode, body: text.startsWith("{") ? JSON.parse(text) : text, warnings };
}

type Object = { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } };

/** Where the API server keeps an object, as it says itself. */
export async function placeOf(config: KubeConfig, { apiVersion, kind, metadata }: Object): Promise<string> {
  const api = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const { body } = await ask(config, "GET", api);
  const { resources = [] } = body as { resources?: { kind: string; name: string }[] };
  const plural = resources.find((resource) => resource.kind === kind && !resource.name.includes("/"))?.name;
  if (!plural) throw new Error(`the API server knows no ${kind} in ${apiVersion}`);
  return `${api}${metadata.namespace ? `/namespaces/${metadata.namespace}` : ""}/${plural}`;
}

/** Applies an object as kubectl --server-side does. */
export async function apply(config: KubeConfig, object: Object, manager = "test"): Promise<Answer> {
  const place = await placeOf(config, object);
  return ask(
    config,
    "PATCH",
    `${place}/${object.metadata.name}?fieldManager=${manager}&fieldValidation=Strict`,
    object,
  );
}
