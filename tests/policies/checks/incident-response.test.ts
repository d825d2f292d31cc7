import { describe, expect, test } from "vitest";
import { incidentResponse } from "../../../policies/checks/incident-response.ts";
import { asked, dockerContainer, reasons, resource, UNKNOWN } from "../fixtures.ts";

const rule = (priority: string, runbook_url?: unknown) => ({
  alert: "X",
  expr: "up",
  labels: { priority },
  annotations: { runbook_url },
});
const onHost = (...rules: object[]) => [
  dockerContainer("prometheus", {
    command: ["write", "/etc/prometheus/rules.yml", JSON.stringify({ groups: [{ rules }] })],
  }),
];
const policy = (content: unknown) =>
  resource("gcp:monitoring/alertPolicy:AlertPolicy", "p", {
    conditions: [{ conditionPrometheusQueryLanguage: { query: "up", labels: { priority: "P1" } } }],
    documentation: { content },
  });
const HEADING = "docs/runbooks/alerts.md#servicedown";

describe("incident response", () => {
  test.each([
    ["a heading of the repository", onHost(rule("P1", HEADING), rule("P2", HEADING), rule("P3"))],
    ["the same by its address", onHost(rule("P1", `https://git.test/acme/deploy/blob/main/${HEADING}`))],
    ["a policy's documentation", [policy(`It is down.\n\nRunbook: ${HEADING}`)]],
  ])("passes with %s", (_, resources) => {
    expect(reasons(asked(incidentResponse, resources))).toBe("");
  });
  test.each([
    ["no runbook", onHost(rule("P1"))],
    ["a heading that is not there", onHost(rule("P2", "docs/runbooks/alerts.md#nothing"))],
    ["a page elsewhere", onHost(rule("P1", "https://wiki.test/servicedown"))],
    ["a policy without one", [policy("It is down.")]],
    ["no alert at all", onHost()],
    ["alerts that wake nobody", onHost(rule("P3", HEADING))],
  ])("fails with %s", (_, resources) => {
    expect(asked(incidentResponse, resources).verdict).toBe("fail");
  });
  test("is not proven where the documentation is unknown", () => {
    const outcome = asked(incidentResponse, [policy(UNKNOWN)]);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven: documentation.content");
  });
});
