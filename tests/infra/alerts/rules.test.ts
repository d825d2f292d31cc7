import { expect, test } from "vitest";
import { objectives } from "../../../ecosystem/objectives.ts";
import { type Target, targets } from "../../../ecosystem/targets.ts";
import { alerts, burns, priorities } from "../../../infra/alerts/alerts.ts";
import { rulesFor } from "../../../infra/alerts/rules.ts";
import { cloudRunConditions, NOT_ON_CLOUD_RUN } from "../../../infra/targets/cloud-run/alerts/conditions.ts";
import { composeConditions } from "../../../infra/targets/compose/alerts/conditions.ts";
import { kubernetesConditions } from "../../../infra/targets/kubernetes/alerts/conditions.ts";
import { plans } from "../../../promotion/plan.ts";
import { project } from "../targets/cloud-run/alerts/examples.ts";
import { host } from "../targets/compose/alerts/examples.ts";
import { cluster } from "../targets/kubernetes/alerts/examples.ts";

const rulesOn = {
  compose: rulesFor(composeConditions(host)),
  kubernetes: rulesFor(kubernetesConditions(cluster)),
  "cloud-run": rulesFor(cloudRunConditions(project)),
};

test.each(targets)("%s has every alert, except those with a stated reason", (target) => {
  const missing: readonly string[] = target === "cloud-run" ? NOT_ON_CLOUD_RUN : [];
  const rules = rulesOn[target];
  expect(rules.map(({ alert }) => alert)).toEqual(Object.keys(alerts).filter((alert) => !missing.includes(alert)));
  for (const { alert, runbook, priority } of rules) {
    expect(priorities).toContain(priority);
    expect(runbook).toBe(`docs/runbooks/alerts.md#${alert.toLowerCase()}`);
  }
});

test("every priority has an alert on a host and in a cluster, and so has each on Google Cloud that anything pages for", () => {
  const of = (target: Target) => [...new Set(rulesOn[target].map(({ priority }) => priority))].sort();
  expect(of("compose")).toEqual([...priorities]);
  expect(of("kubernetes")).toEqual([...priorities]);
  expect(of("cloud-run")).toEqual(["P1", "P2", "P3"]);
});

test("the burn rates are the usual pairs, against the objective", () => {
  expect(Object.values(burns).map(({ factor, long, short }) => [factor, long, short])).toEqual([
    [14.4, "1h", "5m"],
    [6, "6h", "30m"],
    [3, "1d", "2h"],
    [1, "3d", "6h"],
  ]);
  const bounds = rulesOn.compose.flatMap(({ alert, expression }) =>
    alert.startsWith("ErrorBudgetBurn") ? [expression.match(/> (0\.\d+)/g)] : [],
  );
  expect(bounds).toEqual(
    [14.4, 6, 3, 1].map((factor) => Array(2).fill(`> ${(factor * 1000 * objectives.errorRatio) / 1000}`)),
  );
});

test("no step of a plan lasts as long as a promotion that is reported as held", () => {
  const hours = Number.parseInt(alerts.PromotionHeld.for, 10);
  for (const { name, steps } of Object.values(plans)) {
    const split = steps.filter(({ share }) => share < 100).reduce((sum, { maxDuration }) => sum + maxDuration, 0);
    // what takes no new session any more is seen for an hour after its last one
    expect([name, split / 3600 + 1 < hours]).toEqual([name, true]);
  }
});
