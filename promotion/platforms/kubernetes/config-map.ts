import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import type { Milliseconds, Seconds } from "../../../ecosystem/units.ts";

/** The fields of a ConfigMap used here. */
export type ConfigMap = {
  metadata: { resourceVersion: string; annotations?: Record<string, string> };
  data?: Record<string, string>;
};

/** The API server and its credentials: token and CA are read for each request, because they rotate. */
export type ApiServer = { url: string; token: () => string; authority: () => string };

type List = { metadata: { resourceVersion: string }; items: ConfigMap[] };
type WatchEvent = {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: ConfigMap & { message?: string };
};

/** Request timeout, requested watch duration, and how soon a dead connection is detected. */
const ANSWER_MS: Milliseconds = 10_000;
const WATCH_SECONDS: Seconds = 300;
const KEEP_ALIVE_MS: Milliseconds = 5000;

/** Backoff after a failure, in milliseconds: doubled each time. */
const BACKOFF = { first: 250, most: 15_000 };

/**
 * Follows a ConfigMap until stopped: its current version, then each change; null while it does not exist. Failures are logged
 * and retried with a full read, so no change is missed.
 */
export async function follow(
  api: ApiServer,
  { namespace, name }: { namespace: string; name: string },
  see: (configMap: ConfigMap | null) => void,
  log: (message: string) => void,
): Promise<never> {
  const path = `/api/v1/namespaces/${namespace}/configmaps?fieldSelector=metadata.name%3D${name}`;
  let pause = BACKOFF.first;
  for (;;) {
    const begun = Date.now();
    try {
      const list = await read(api, path);
      see(list.items[0] ?? null);
      let version = list.metadata.resourceVersion;
      for (;;) {
        const watched = Date.now();
        for await (const { type, object } of watch(api, path, version)) {
          if (type === "ERROR") throw new Error(object.message ?? "the watch failed");
          version = object.metadata.resourceVersion;
          if (type !== "BOOKMARK") see(type === "DELETED" ? null : object);
        }
        // without this, a watch that keeps ending at once would be a busy loop
        if (Date.now() - watched < 1000) throw new Error("the watch ended immediately");
      }
    } catch (error) {
      if (Date.now() - begun > BACKOFF.most) pause = BACKOFF.first;
      log(`cannot watch the ConfigMap ${name}: ${(error as Error).message}; retrying in ${pause} ms`);
      await wait(pause);
      pause = Math.min(2 * pause, BACKOFF.most);
    }
  }
}

async function read(api: ApiServer, path: string): Promise<List> {
  const answer = await ask(api, path, AbortSignal.timeout(ANSWER_MS));
  let text = "";
  for await (const part of answer) text += part;
  return JSON.parse(text) as List;
}

/** The changes since a version, until the server ends the watch or the connection fails. */
async function* watch(api: ApiServer, path: string, version: string): AsyncGenerator<WatchEvent> {
  const asked = `${path}&watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${version}`;
  let text = "";
  for await (const part of await ask(api, asked, AbortSignal.timeout((WATCH_SECONDS + 30) * 1000))) {
    const lines = (text + part).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as WatchEvent;
  }
}

const ask = ({ url, token, authority }: ApiServer, path: string, signal: AbortSignal) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token()}`, accept: "application/json" };
    const question = request(`${url}${path}`, { ca: authority(), headers, agent: false, signal }, (answer) => {
      if (answer.statusCode === 200) return resolve(answer.setEncoding("utf8"));
      answer.resume();
      reject(new Error(`the API server answered ${answer.statusCode}`));
    });
    // a vanished machine closes nothing: without this its watch would seem alive
    question.on("socket", (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    question.on("error", reject);
    question.end();
  });
