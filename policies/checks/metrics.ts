import { type ServiceName, serviceNamed } from "../../ecosystem/services.ts";
import { check } from "../check.ts";
import type { StackFacts } from "../facts.ts";
import { at, textAt } from "../props.ts";
import { demand, type Finding } from "../verdict.ts";
import { SERVICE } from "../view/cloud-run.ts";
import { INSTANCE } from "../view/machine.ts";
import { seriesIn } from "../view/promql.ts";
import type { View } from "../view/view.ts";

/** 5 - Metrics: every service is watched where it really tells something, and no alert asks for a series that does not exist. */
export const metrics = check(5, "metrics", {
  why: "an alert over a series that nobody exports never fires",
  remedy: "scrape each service's own port and path, and build rules from the catalogue's series only",
  judge: (view, facts) => [
    ...(view.target === "cloud-run" ? watched(view) : scraped(view)),
    ...view.alertRules.map((rule) => {
      const unknown = seriesIn(rule.expression).filter((series) => !isKnown(series, view, facts));
      return demand(
        rule.expression !== "" && unknown.length === 0,
        rule,
        `${rule.place} asks for a series that is not in the catalogue`,
      );
    }),
    demand(view.alertRules.length > 0, "stack", "no series is asked by any alert"),
  ],
});

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
      "nothing scrapes the edge, which alone counts requests",
    ),
    ...lost.map((scrape) => demand(false, scrape, "a scrape leads to a host that does not exist")),
  ];
}

/** Google Cloud counts for its own services; what is not its own must send. */
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
          "no objective counts its requests",
        ),
        demand(
          checks.some(({ props }) => textAt(props, "userLabels.service") === name),
          service,
          "no uptime check asks it",
        ),
      ];
    }),
    ...view
      .of(INSTANCE)
      .map((machine) =>
        demand(
          at(machine.props, "metadata.google-monitoring-enabled") === "true",
          machine,
          "the machine sends no metrics",
        ),
      ),
  ];
}
