import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import { demand, type Finding, fail, pass } from "../verdict.ts";
import { type PriorityView, priorities } from "../view/alerts.ts";
import type { View } from "../view/view.ts";

/** 7 - Alerting: every alert reaches a receiver, and urgent ones reach a pager. */
export const alerting = check(7, "alerting", {
  why: "an alert without a receiver goes unnoticed",
  remedy:
    "configure a receiver for each priority (alerts.P1 to alerts.P4 in the stack's settings), by secret; P1 and P2 need a pager",
  judge: (view, facts) => [
    ...view.alertRules.map((rule) =>
      demand(rule.priority !== undefined, rule, `the alert at ${rule.place} has no priority`),
    ),
    demand(view.alertRules.length > 0, "stack", "the stack defines no alerts"),
    ...priorities.flatMap((priority) => reached(priority, view)),
    ...deadMan(view),
    ...proofOf("pager", view, facts),
  ],
});

const PAGED: readonly PriorityView[] = ["P1", "P2"];

function reached(priority: PriorityView, { alertRoutes, alertRules, target }: View): Finding[] {
  const routes = alertRoutes.filter((route) => route.priority === priority);
  // a Google alert policy names its own receivers, so a priority without alerts needs none
  if (routes.length === 0 && target === "cloud-run" && priority === "P4") {
    return alertRules.some((rule) => rule.priority === priority)
      ? [fail("stack", `${priority} alerts have no receiver`)]
      : [];
  }
  if (routes.length === 0) return [fail("stack", `${priority} alerts are not routed to a receiver`)];
  return routes.map((route) => {
    if (route.receivers.length === 0) return fail(route, `${priority} alerts have no receiver`);
    if (route.receivers.some(({ secret }) => !secret)) {
      return fail(route, `a ${priority} receiver has a plaintext address instead of a secret`);
    }
    if (PAGED.includes(priority) && !route.receivers.some(({ kind }) => kind === "pager")) {
      return fail(route, `${priority} alerts do not reach a pager`);
    }
    return pass(route, `${priority} alerts reach their receivers`);
  });
}

/** A dead man's switch: a signal that raises an alarm when it stops. Google Cloud monitors its own alerting. */
function deadMan({ target, alertRoutes, alertRules }: View): Finding[] {
  if (target === "cloud-run" || target === undefined) return [];
  const routed = alertRoutes.some(
    ({ priority, receivers }) => priority === "dead-man" && receivers.some(({ secret }) => secret),
  );
  const sent = alertRules.some(({ name }) => name === "DeadMan");
  return [
    demand(routed && sent, "stack", "nothing reports a failure of alerting itself: there is no dead man's switch"),
  ];
}
