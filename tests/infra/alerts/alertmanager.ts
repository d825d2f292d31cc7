import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { freePort } from "../../../rehearsal/port.ts";
import { folderWith, run, serve } from "./tools.ts";

/** Debian 12's Alertmanager is 0.25; that a webhook's address may stand in a file came with 0.26. */
export async function fitting(text: string, program: string, url = "http://127.0.0.1:9/"): Promise<string> {
  const [, minor] = /version 0\.(\d+)/.exec(await run(program, ["--version"])) ?? [];
  return Number(minor) < 26 ? text.replaceAll(/\burl_file: \S+$/gm, `url: ${url}`) : text;
}

/** Hears of alerts as a receiver does. */
export async function listener() {
  const heard: { receiver: string; status: "firing" | "resolved" }[] = [];
  const server = createServer(async (request, answer) => {
    let body = "";
    for await (const part of request) body += part;
    heard.push(JSON.parse(body));
    answer.end();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    receivers: () => heard.map(({ receiver }) => receiver),
    notifications: () => heard.map(({ receiver, status }) => `${receiver} ${status}`),
  };
}

export async function startAlertmanager(config: string) {
  const folder = folderWith({ "alertmanager.yml": config });
  const port = await freePort();
  const flags = { "config.file": join(folder, "alertmanager.yml"), "storage.path": join(folder, "data") };
  const at = `http://127.0.0.1:${port}`;
  await serve(
    "prometheus-alertmanager",
    [
      ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    `${at}/-/ready`,
  );
  return {
    /** Sends alerts as Prometheus does: firing, or ended a moment ago. */
    async send(alerts: Record<string, string>[], state: "firing" | "ended" = "firing") {
      const now = Date.now();
      const times = {
        firing: {},
        ended: { startsAt: new Date(now - 60_000).toISOString(), endsAt: new Date(now - 1).toISOString() },
      }[state];
      const body = JSON.stringify(alerts.map((labels) => ({ labels, ...times })));
      const answer = await fetch(`${at}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect(answer.status).toBe(200);
    },
    async suppressed() {
      type Seen = { labels: Record<string, string>; status: { state: string; inhibitedBy: string[] } };
      const seen = (await (await fetch(`${at}/api/v2/alerts?inhibited=true`)).json()) as Seen[];
      return seen
        .filter(({ status }) => status.inhibitedBy.length > 0)
        .map(({ labels }) => `${labels.alertname} ${labels.service}`)
        .sort();
    },
  };
}

/**
 * An alert of each priority is fired and ends, as soon as its receiver has heard of it. `config` is the text of a whole
 * configuration; its waiting times are cut to a second.
 */
export async function expectResolved(
  config: string,
  heard: Awaited<ReturnType<typeof listener>>,
  of: readonly string[],
) {
  const quick = config.replaceAll(/\bgroup_(wait|interval): \S+/g, "group_$1: 1s");
  const api = await startAlertmanager(await fitting(quick, "prometheus-alertmanager", heard.url));
  const alerts = of.map((priority) => ({ alertname: `Test${priority}`, priority, service: "akosha" }));
  await api.send(alerts);
  await expect
    .poll(() => heard.notifications(), { timeout: 20_000 })
    .toEqual(expect.arrayContaining(of.map((priority) => `${priority} firing`)));
  await api.send(alerts, "ended");
  await expect
    .poll(() => heard.notifications(), { timeout: 20_000 })
    .toEqual(expect.arrayContaining(of.map((priority) => `${priority} resolved`)));
}
