import { check } from "../check.ts";
import { demand } from "../verdict.ts";

/** 13 - Incident response: every urgent alert links to a runbook. */
export const incidentResponse = check(13, "incident-response", {
  why: "on-call should not have to invent a procedure at three in the morning",
  remedy: "give each P1 and P2 alert a runbook_url that points to a heading in docs/runbooks",
  judge: ({ alertRules }, { runbooks }) =>
    alertRules
      .filter(({ priority }) => priority === undefined || priority === "P1" || priority === "P2")
      .map((rule) =>
        demand(
          rule.runbook !== undefined && runbooks.has(rule.runbook.replace(/^.*?(?=docs\/runbooks\/)/, "")),
          rule,
          `the alert at ${rule.place} has no runbook_url that points to a heading in docs/runbooks`,
        ),
      ),
});
