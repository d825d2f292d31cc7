import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { promisify } from "node:util";
import type { Api, ConfigMap } from "../../../infra/targets/kubernetes/watcher/configmap.ts";

type Event = { type: "ADDED" | "MODIFIED" | "DELETED"; version: number; name: string; object: ConfigMap };

/**
 * A double of a cluster's API server, as far as ConfigMaps are listed and watched, each by its name: versions, events since a version, 410
 * for what is too long ago. It is not the real one; `apiserver.test.ts` asks that where it can be had.
 */
export type WatchApi = {
  api: Api;
  port: number;
  authority: string;
  /** What the server lets in; the client is given the same until one of them is changed. */
  token: { server: string; client: string };
  /** Everything that was asked, in order. */
  asked: string[];
  put(data: Record<string, string>, annotations?: Record<string, string>, name?: string): void;
  remove(name?: string): void;
  /** Breaks every connection; with `closed` no new one is let in until it is called again without. */
  cut(closed?: boolean): void;
  /** Forgets every event until now. Watches that are open end, with 410 as an event, or without a word and a 410 for the next one. */
  forget(say: "event" | "status"): void;
  stop(): Promise<void>;
};

/** Makes a key and a certificate for 127.0.0.1 in a folder, by openssl. */
export async function certificate(folder: string): Promise<{ key: string; cert: string }> {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=api".split(" ");
  await promisify(execFile)("openssl", [
    ...options,
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    "-keyout",
    key,
    "-out",
    cert,
  ]);
  return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
}

export async function startWatchApi(folder: string): Promise<WatchApi> {
  const { key, cert } = await certificate(folder);
  const names = ["edge-traffic", "edge-resting"];
  const watches = new Set<{ response: ServerResponse; name: string }>();
  const events: Event[] = [];
  let [version, forgotten, closed] = [1, 0, false];
  const now = new Map<string, ConfigMap>();

  const server = createServer({ key, cert }, (request, response) => {
    const url = new URL(request.url ?? "", "https://api");
    double.asked.push(`${url.pathname}${url.search}`);
    const refusal = refused(request, url);
    if (refusal) return response.writeHead(refusal).end();
    const name = nameIn(url);
    if (!url.searchParams.has("watch")) {
      const items = [now.get(name) ?? []].flat();
      return response.end(
        JSON.stringify({ kind: "ConfigMapList", metadata: { resourceVersion: `${version}` }, items }),
      );
    }
    const since = Number(url.searchParams.get("resourceVersion"));
    if (since < forgotten) return response.writeHead(410).end();
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    for (const event of events) if (event.version > since && event.name === name) send(response, event);
    const watch = { response, name };
    watches.add(watch);
    response.on("close", () => watches.delete(watch));
  });

  function refused(request: IncomingMessage, url: URL): number | undefined {
    if (request.headers.authorization !== `Bearer ${double.token.server}`) return 401;
    if (url.pathname !== "/api/v1/namespaces/prod/configmaps") return 403;
    // as the real one's rules for one name see it
    return names.includes(nameIn(url)) ? undefined : 403;
  }

  function happen(type: Event["type"], name: string, object: ConfigMap) {
    const event = { type, version, name, object };
    events.push(event);
    for (const watch of watches) if (watch.name === name) send(watch.response, event);
  }

  // also those that are still shaking hands, which the server itself does not know yet
  const sockets = new Set<Duplex>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    if (closed) socket.destroy();
  });
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const token = { server: "t1", client: "t1" };
  const double: WatchApi = {
    api: { url: `https://127.0.0.1:${port}`, token: () => token.client, authority: () => cert },
    port,
    authority: cert,
    token,
    asked: [],
    put(data, annotations = {}, name = "edge-traffic") {
      const type = now.has(name) ? "MODIFIED" : "ADDED";
      version += 1;
      const object = { metadata: { resourceVersion: `${version}`, annotations }, data };
      now.set(name, object);
      happen(type, name, object);
    },
    remove(name = "edge-traffic") {
      const gone = now.get(name);
      version += 1;
      now.delete(name);
      if (gone) happen("DELETED", name, { ...gone, metadata: { ...gone.metadata, resourceVersion: `${version}` } });
    },
    cut(shut = false) {
      closed = shut;
      hangUp();
    },
    forget(say) {
      version += 1;
      forgotten = version;
      events.length = 0;
      const object = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
      for (const { response } of watches) {
        response.end(say === "event" ? `${JSON.stringify({ type: "ERROR", object })}\n` : "");
      }
      watches.clear();
    },
    async stop() {
      closed = true;
      server.close();
      hangUp();
      await once(server, "close");
    },
  };
  return double;
}

const nameIn = (url: URL) => (url.searchParams.get("fieldSelector") ?? "").replace("metadata.name=", "");

const send = (response: ServerResponse, { type, object }: Event) =>
  response.write(`${JSON.stringify({ type, object })}\n`);
