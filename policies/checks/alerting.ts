import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import { demand, type Finding, fail, pass } from "../verdict.ts";
import { type PriorityView, priorities } from "../view/alerts.ts";
import type { View } from "../view/view.ts";

/** 7 - Alerting: whatever breaks reaches somebody, and what cannot wait wakes them. */
export const alerting = check(7, "alerting", {
  why: "an alert that reaches nobody is a log line",
  remedy: "give each priority a receiver by its secret in the stack's settings (alerts.P1 to P4), P1 and P2 a pager",
  judge: (view, facts) => [
    ...view.alertRules.map((rule) => demand(rule.priority !== undefined, rule, `${rule.place} has no priority`)),
    demand(view.alertRules.length > 0, "stack", "there is no alert"),
    ...priorities.flatMap((priority) => reached(priority, view)),
    ...deadMan(view),
    ...proofOf("pager", view, facts),
  ],
});

const PAGED: readonly PriorityView[] = ["P1", "P2"];

function reached(priority: PriorityView, { alertRoutes, alertRules, target }: View): Finding[] {
  const routes = alertRoutes.filter((route) => route.priority === priority);
  // where each alert names its own receivers, a priority that no alert has needs none
  if (routes.length === 0 && target === "cloud-run" && priority === "P4") {
    return alertRules.some((rule) => rule.priority === priority) ? [fail("stack", `${priority} reaches nobody`)] : [];
  }
  if (routes.length === 0) return [fail("stack", `no route leads from ${priority} to a receiver`)];
  return routes.map((route) => {
    if (route.receivers.length === 0) return fail(route, `${priority} reaches nobody`);
    if (route.receivers.some(({ secret }) => !secret)) {
      return fail(route, `a receiver of ${priority} has an address of its own instead of a secret`);
    }
    if (PAGED.includes(priority) && !route.receivers.some(({ kind }) => kind === "pager")) {
      return fail(route, `${priority} reaches no pager`);
    }
    return pass(route, `${priority} reaches its receivers`);
  });
}

/** Who watches the watchers: a signal whose end is the alarm. Google Cloud watches its own. */
function deadMan({ target, alertRoutes, alertRules }: View): Finding[] {
  if (target === "cloud-run" || target === undefined) return [];
  const told = alertRoutes.some(
    ({ priority, receivers }) => priority === "dead-man" && receivers.some(({ secret }) => secret),
  );
  const sent = alertRules.some(({ name }) => name === "DeadMan");
  return [demand(told && sent, "stack", "nobody notificationRoutes when alerting itself dies: no dead man's signal")];
}
