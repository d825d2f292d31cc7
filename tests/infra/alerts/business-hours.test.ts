import { expect, test } from "vitest";
import { alerts, priorities } from "../../../infra/alerts/alerts.ts";
import { inBusinessHours, waitsForBusinessHours } from "../../../infra/alerts/business-hours.ts";
import { ruleGroup, rulesFor } from "../../../infra/alerts/rules.ts";
import { composeConditions } from "../../../infra/targets/compose/alerts/conditions.ts";
import { host } from "../targets/compose/alerts/examples.ts";

const rules = rulesFor(composeConditions(host));

test("pages come at any hour, tickets wait for business hours", () => {
  expect(priorities.filter((priority) => waitsForBusinessHours({ priority }))).toEqual(["P3", "P4"]);
  const group = ruleGroup(rules, { stack: "prod" });
  for (const rule of group.rules) {
    if (!("alert" in rule)) continue;
    const waits = waitsForBusinessHours({ priority: alerts[rule.alert].priority });
    expect([rule.alert, rule.expr.includes("hour()"), rule.for]).toEqual([
      rule.alert,
      waits,
      waits ? "0s" : alerts[rule.alert].for,
    ]);
  }
});

test("each reads what it recorded itself, and nothing of another stack", () => {
  const labels = { stack: "prod", namespace: "mahavishnu-prod" };
  for (const rule of rules.filter(waitsForBusinessHours)) {
    const { start, due } = inBusinessHours(rule, labels);
    expect(start.labels).toEqual({ alert: rule.alert, ...labels });
    const read = [...`${start.expr} ${due}`.matchAll(/(mahavishnu_alert_start\w*|ALERTS)\{(.*?)\}/g)];
    expect(read.map(([, series]) => series)).toContain("ALERTS");
    for (const [, , matchers] of read) {
      expect(matchers).toContain(`="${rule.alert}"`);
      expect(matchers).toContain('stack="prod",namespace="mahavishnu-prod"');
    }
  }
});
