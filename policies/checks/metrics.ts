import { type ServiceName, serviceNamed } from "../../ecosystem/services.ts";
import { check } from "../check.ts";
import type { StackFacts } from "../facts.ts";
import { at, textAt } from "../props.ts";
import { demand, type Finding } from "../verdict.ts";
import type { AlertRuleView } from "../view/alerts.ts";
import { SERVICE } from "../view/cloud-run.ts";
import { INSTANCE } from "../view/machine.ts";
import { seriesIn } from "../view/promql.ts";
import type { View } from "../view/view.ts";

/** 5 - Metrics: every service is scraped where it exports metrics, and alerts use only series that exist. */
export const metrics = check(5, "metrics", {
  why: "an alert on a series that nothing exports never fires",
  remedy: "scrape each service's metrics port and path, and use only series from the alert catalogue in rules",
  judge: (view, facts) => [
    ...(view.target === "cloud-run" ? watched(view) : scraped(view)),
    ...view.alertRules.map((rule) => {
      const unknown = sourcesOf(rule).filter((series) => !isKnown(series, view, facts));
      return demand(
        rule.expression !== "" && unknown.length === 0,
        rule,
        `the alert at ${rule.place} uses a series that is not in the catalogue`,
      );
    }),
    demand(view.alertRules.length > 0, "stack", "the stack defines no alerts"),
  ],
});

/** Prometheus makes this series of its alerts. */
const OWN = "ALERTS";

/** The series that an alert is computed from; a series recorded beside it counts as those that it is recorded from. */
function sourcesOf({ expression, recorded }: AlertRuleView): string[] {
  const used = seriesIn(expression);
  const behind = used.flatMap((series) => seriesIn(recorded[series] ?? ""));
  return [...used, ...behind].filter((series) => recorded[series] === undefined && series !== OWN);
}

const isKnown = (series: string, { target }: View, { series: catalogue }: StackFacts): boolean =>
  target !== undefined && catalogue[target].includes(series);

function scraped({ services, scrapes }: View): Finding[] {
  const lost = scrapes.filter(({ reached }) => !reached);
  return [
    ...services.map((container) => {
      const { port, metrics } = serviceNamed(container.service as ServiceName);
      return demand(
        scrapes.some(
          (scrape) => scrape.service === container.service && scrape.port === port && scrape.path === metrics,
        ),
        container,
        `nothing scrapes port ${port} and ${metrics} of ${container.service}`,
      );
    }),
    demand(
      scrapes.some(({ path }) => path.startsWith("/stats/")),
      "stack",
      "nothing scrapes the edge, which is the only source of request counts",
    ),
    ...lost.map((scrape) => demand(false, scrape, "a scrape target does not exist")),
  ];
}

/** Google Cloud measures its own services; machines must send their metrics. */
function watched(view: View): Finding[] {
  const checks = view.of("gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig");
  const objectives = view.of("gcp:monitoring/slo:Slo");
  return [
    ...view.of(SERVICE).flatMap((service) => {
      const name = textAt(service.props, "name");
      return [
        demand(
          objectives.some(({ props }) => at(props, "service") === name),
          service,
          "no SLO covers it",
        ),
        demand(
          checks.some(({ props }) => textAt(props, "userLabels.service") === name),
          service,
          "no uptime check covers it",
        ),
      ];
    }),
    ...view
      .of(INSTANCE)
      .map((machine) =>
        demand(
          at(machine.props, "metadata.google-monitoring-enabled") === "true",
          machine,
          "google-monitoring-enabled is off, so the machine sends no metrics",
        ),
      ),
  ];
}
