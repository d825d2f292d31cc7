import type { RevisionRole } from "../../../../ecosystem/revision-role.ts";
import { edgeRelabelings, type Relabeling } from "../../../alerts/outcome.ts";
import { ruleGroup, rulesFor } from "../../../alerts/rules.ts";
import type { Revision } from "../../../release/revision.ts";
import { yaml11 } from "../../yaml11.ts";
import { composeConditions, type HostScope, jobs } from "./conditions.ts";

/** The scrape targets on a Docker host, each as `host:port` in the stack's network. */
export type Scrapes = {
  /** The edge's metrics listener: `/stats/prometheus`. */
  edge: string;
  /** Each live revision, by its own host name. */
  revisions: readonly {
    revision: Pick<Revision, "id" | "service" | "port" | "metrics">;
    role: RevisionRole;
    host: string;
  }[];
  /** With the backups' series in its textfile collector. */
  nodeExporter: string;
  alertmanager: string;
};

/** The configuration of a stack's own Prometheus, by file name; both files are in the same folder. */
export function prometheusFiles({
  stack,
  host,
  scrapes,
}: {
  stack: string;
  host: HostScope;
  scrapes: Scrapes;
}): Record<"prometheus.yml" | "rules.yml", string> {
  const rules = { groups: [ruleGroup(rulesFor(composeConditions(host)), { stack })] };
  return { "prometheus.yml": yaml11(prometheusConfig(stack, scrapes)), "rules.yml": yaml11(rules) };
}

export function prometheusConfig(stack: string, scrapes: Scrapes) {
  return {
    global: { scrape_interval: "30s", scrape_timeout: "10s", evaluation_interval: "30s", external_labels: { stack } },
    rule_files: ["rules.yml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [scrapes.alertmanager] }] }] },
    scrape_configs: [
      {
        job_name: jobs.edge,
        metrics_path: "/stats/prometheus",
        static_configs: [{ targets: [scrapes.edge], labels: { service: "edge" } }],
        metric_relabel_configs: edgeRelabelings.map(relabel),
      },
      ...scrapes.revisions.map(({ revision, role, host }) => ({
        job_name: `${jobs.services}/${revision.id}`,
        metrics_path: revision.metrics,
        static_configs: [
          {
            targets: [`${host}:${revision.port}`],
            labels: { job: jobs.services, service: revision.service, revision: revision.id, role },
          },
        ],
      })),
      { job_name: jobs.node, static_configs: [{ targets: [scrapes.nodeExporter] }] },
      { job_name: jobs.alertmanager, static_configs: [{ targets: [scrapes.alertmanager] }] },
    ],
  };
}

const relabel = ({ from, regex, label, value }: Relabeling) => ({
  source_labels: from,
  regex,
  target_label: label,
  replacement: value,
});
