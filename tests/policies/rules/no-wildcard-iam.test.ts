import { describe, expect, test } from "vitest";
import { noWildcardIam } from "../../../policies/rules/no-wildcard-iam.ts";
import { asked, type Cases, reasons, resource, UNKNOWN } from "../fixtures.ts";

const member = (role: unknown) => resource("gcp:projects/iAMMember:IAMMember", "member", { role });
const role = (rule: object) => resource("kubernetes:rbac.authorization.k8s.io/v1:Role", "role", { rules: [rule] });
const good: Cases = [
  [
    "one role on one thing",
    [member("roles/logging.logWriter"), role({ apiGroups: [""], resources: ["configmaps"], verbs: ["get"] })],
  ],
];
const bad: Cases = [
  ["owner", [member("roles/owner")]],
  ["editor", [member("roles/editor")]],
  ["an administrator of the project", [member("roles/storage.admin")]],
  ["all verbs", [role({ apiGroups: [""], resources: ["secrets"], verbs: ["*"] })]],
  ["all resources", [role({ apiGroups: [""], resources: ["*"], verbs: ["get"] })]],
  [
    "the cluster’s administrator",
    [
      resource("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "b", {
        roleRef: { name: "cluster-admin" },
      }),
    ],
  ],
];
const unknown = [member(UNKNOWN)];

describe("no-wildcard-iam", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(noWildcardIam, resources))).toBe("");
    expect(asked(noWildcardIam, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(noWildcardIam, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(noWildcardIam, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
  test("does not apply to a stack without grants", () => {
    expect(asked(noWildcardIam, []).verdict).toBe("not-applicable");
  });
});
