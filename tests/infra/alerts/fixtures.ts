import type { Target } from "../../../ecosystem/targets.ts";
import type { Catalogue } from "../../../infra/alerts/catalogue.ts";
import type { AlertRule } from "../../../infra/alerts/rules.ts";
import { alertingRule } from "../../../infra/alerts/rules.ts";

type LabelOf<S> = S extends { labels: readonly (infer L extends string)[] } ? L : never;

/** Series of a target's catalogue as promtool takes them: labels, and values as in `0+3x60` or `1 1 0x5`. */
export type Sample = { series: string; values: string };

/** What Prometheus sees over time, and what an alert says at a moment: which of its labels, once for each time that it fires. */
export type Case = {
  title: string;
  given: Sample[];
  /** The time between two values, and between two evaluations. */
  every: "1m" | "5m" | "30m" | "1h";
  at: string;
  firing: Record<string, string>[];
};

/** For each alert a case in which it fires and one in which it does not. */
export type Cases<Name extends string> = Record<Name, { fires: [Case, ...Case[]]; silent: [Case, ...Case[]] }>;

/** A series of the catalogue: one that is not in it, or a label that it does not have, is a type error. */
export const sampleOf =
  <T extends Target>() =>
  <Name extends string & keyof Catalogue[T]>(
    name: Name,
    labels: { [L in LabelOf<Catalogue[T][Name]>]?: string },
    values: string,
  ): Sample => ({
    series: `${name}{${Object.entries(labels)
      .map(([label, value]) => `${label}="${value}"`)
      .join(",")}}`,
    values,
  });

/** The cases of one alert as a test of promtool's. */
export function promtoolTest(
  rule: AlertRule,
  { title, given, every, at, firing }: Case,
  labels: Record<string, string>,
) {
  const written = alertingRule(rule, labels);
  const said = (text: string, own: Record<string, string>) =>
    text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => own[label] ?? "");
  return {
    name: `${rule.alert}: ${title}`,
    interval: every,
    input_series: given,
    alert_rule_test: [
      {
        eval_time: at,
        alertname: rule.alert,
        exp_alerts: firing.map((own) => ({
          exp_labels: { ...written.labels, ...own },
          exp_annotations: Object.fromEntries(
            Object.entries(written.annotations).map(([name, text]) => [name, said(text, own)]),
          ),
        })),
      },
    ],
  };
}
