import { check } from "../check.ts";
import { demand } from "../verdict.ts";

/** 13 - Incident response: whoever is woken finds out what to do. */
export const incidentResponse = check(13, "incident-response", {
  why: "at three in the morning nobody invents a procedure",
  remedy: "give each P1 and P2 alert a runbook_url that names a heading of docs/runbooks",
  judge: ({ alertRules }, { runbooks }) =>
    alertRules
      .filter(({ priority }) => priority === undefined || priority === "P1" || priority === "P2")
      .map((rule) =>
        demand(
          rule.runbook !== undefined && runbooks.has(rule.runbook.replace(/^.*?(?=docs\/runbooks\/)/, "")),
          rule,
          `${rule.place} has no runbook that is a heading of docs/runbooks`,
        ),
      ),
});
