import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { containerOf, describedIn, first, idOf, second } from "./fixtures.ts";

/** The files that a container writes before it starts. */
function written(state: "stable" | "candidate", key: string): Record<string, string> {
  const { command = [] } = containerOf(describedIn(state), key);
  const at = command.flatMap((word, index) => (word === "write" && index % 3 === 0 ? [index] : []));
  return Object.fromEntries(at.map((index) => [command[index + 1] ?? "", command[index + 2] ?? ""]));
}

describe("the monitoring of a stack on its host", () => {
  test("scrapes the edge and every live revision at their actual addresses", () => {
    const { scrape_configs } = parse(written("candidate", "prometheus")["/etc/prometheus/prometheus.yml"] ?? "");
    const targets = (scrape_configs as { static_configs: { targets: string[]; labels?: Record<string, string> }[] }[])
      .flatMap(({ static_configs }) => static_configs)
      .map(({ targets, labels }) => [targets[0], labels?.revision, labels?.role]);
    for (const { revision, network } of describedIn("candidate").containers) {
      if (!revision) continue;
      const role = [first, second].findIndex((release) => idOf(release, revision.service) === revision.id);
      expect(targets).toContainEqual([
        `${network?.address}:${revision.port}`,
        revision.id,
        role === 0 ? "stable" : "candidate",
      ]);
    }
    expect(targets.map(([target]) => target)).toEqual(
      expect.arrayContaining(["edge:9902", "node-exporter:9100", "alertmanager:9093"]),
    );
  });

  test("has its rules beside its configuration, in a folder that holds nothing else", () => {
    expect(Object.keys(written("stable", "prometheus"))).toEqual([
      "/etc/prometheus/prometheus.yml",
      "/etc/prometheus/rules.yml",
    ]);
    expect(containerOf(describedIn("stable"), "prometheus").scratch).toEqual(["/etc/prometheus"]);
  });

  test("notifies receivers with secrets from files; only Alertmanager has egress", () => {
    const { secrets = [] } = containerOf(describedIn("stable"), "alertmanager");
    const configuration = written("stable", "alertmanager")["/etc/alertmanager/alertmanager.yml"] ?? "";
    const named = [...configuration.matchAll(/\/run\/secrets\/([a-z-]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(0);
    expect(new Set(secrets)).toEqual(new Set(named));
    const outside = ["prometheus", "alertmanager", "node-exporter"].filter(
      (key) => containerOf(describedIn("stable"), key).network?.outside,
    );
    expect(outside).toEqual(["alertmanager"]);
  });

  test("reads the backups' series from their volume, and the host's disks read-only", () => {
    const { mounts = [] } = containerOf(describedIn("stable"), "node-exporter");
    expect(mounts).toEqual([
      { path: "/host", folder: "/", readOnly: true },
      { path: "/series", volume: { key: "backup-series", keeps: false }, readOnly: true },
    ]);
    expect(containerOf(describedIn("stable"), "backup-save").mounts).toContainEqual({
      path: "/series",
      volume: { key: "backup-series", keeps: false },
    });
  });
});
