import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import type { Target } from "../../../ecosystem/targets.ts";
import type { AlertName } from "../../../infra/alerts/alerts.ts";
import { type Recording, waitsForBusinessHours } from "../../../infra/alerts/business-hours.ts";
import { type AlertRule, alertingRule, ruleGroup, rulesFor } from "../../../infra/alerts/rules.ts";
import { cloudRunConditions } from "../../../infra/targets/cloud-run/alerts/conditions.ts";
import { composeConditions } from "../../../infra/targets/compose/alerts/conditions.ts";
import { kubernetesConditions } from "../../../infra/targets/kubernetes/alerts/conditions.ts";
import { clusterRecordings } from "../../../infra/targets/kubernetes/alerts/recordings.ts";
import { describeWith } from "../../fixtures/tools.ts";
import { cloudRunCases, project } from "../targets/cloud-run/alerts/examples.ts";
import { composeCases, host } from "../targets/compose/alerts/examples.ts";
import { cluster, kubernetesCases } from "../targets/kubernetes/alerts/examples.ts";
import { type Cases, promtoolTest } from "./fixtures.ts";
import { folderWith, run } from "./tools.ts";

const labels = { stack: "prod" };

const onTargets: {
  target: Target;
  rules: AlertRule[];
  recordings: Recording[];
  cases: Partial<Cases<AlertName>>;
}[] = [
  { target: "compose", rules: rulesFor(composeConditions(host)), recordings: [], cases: composeCases },
  {
    target: "kubernetes",
    rules: rulesFor(kubernetesConditions(cluster)),
    recordings: clusterRecordings(cluster),
    cases: kubernetesCases,
  },
  { target: "cloud-run", rules: rulesFor(cloudRunConditions(project)), recordings: [], cases: cloudRunCases },
];

describeWith(["promtool"], "promtool", { timeout: 90_000 }, () => {
  test.each(onTargets)(
    "accepts the rules of $target, and each fires and is silent in its cases",
    async ({ target, rules, recordings, cases }) => {
      // Google Cloud has policies, which neither record series nor know the alerts' state
      const waits = (rule: AlertRule) => target !== "cloud-run" && waitsForBusinessHours(rule);
      const group = (rules: AlertRule[]) =>
        rules.flatMap((rule) => (waits(rule) ? ruleGroup([rule], labels).rules : [alertingRule(rule, labels)]));

      expect(Object.keys(cases).sort()).toEqual(rules.map(({ alert }) => alert).sort());
      const tests = testFiles(rules, cases, waits);
      const folder = folderWith({
        "rules.yml": rulesFile(rules, group, recordings),
        ...tests,
        ...Object.fromEntries(rules.map((rule) => [`${rule.alert}.rule.yml`, rulesFile([rule], group, recordings)])),
      });
      await run("promtool", ["check", "rules", "--lint=all", "--lint-fatal", join(folder, "rules.yml")]);
      await run("promtool", ["test", "rules", ...Object.keys(tests).map((file) => join(folder, file))]);
    },
  );
});

/** In a cluster the series that are made of others come before the rules that ask for them. */
function rulesFile(rules: AlertRule[], group: (rules: AlertRule[]) => object[], made: Recording[]) {
  const recordings = made.filter(({ record }) => rules.some(({ expression }) => expression.includes(record)));
  return stringify({ groups: [{ name: "mahavishnu", rules: [...recordings, ...group(rules)] }] });
}

/**
 * The tests of each alert, by the pace of their values, which is promtool's pace of evaluation too, but for rules that read
 * what they recorded before: a series is seen for five minutes. Each evaluates its own rule alone.
 */
function testFiles(
  rules: AlertRule[],
  cases: Partial<Cases<AlertName>>,
  waits: (rule: AlertRule) => boolean,
): Record<string, string> {
  return Object.fromEntries(
    rules.flatMap((rule) => {
      const own = cases[rule.alert];
      const all = [...(own?.fires ?? []), ...(own?.silent ?? [])];
      return [...new Set(all.map(({ every }) => every))].map((every) => [
        `${rule.alert}-${every}.yml`,
        stringify({
          rule_files: [`${rule.alert}.rule.yml`],
          evaluation_interval: waits(rule) && every !== "1m" ? "4m" : every,
          tests: all.filter((one) => one.every === every).map((one) => promtoolTest(rule, one, labels)),
        }),
      ]);
    }),
  );
}
