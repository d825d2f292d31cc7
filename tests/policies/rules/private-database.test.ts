import { describe, expect, test } from "vitest";
import { privateDatabase } from "../../../policies/rules/private-database.ts";
import { asked, type Cases, deployment, dockerContainer, reasons, resource, UNKNOWN } from "../fixtures.ts";

const sql = (ipConfiguration: object) =>
  resource("gcp:sql/databaseInstance:DatabaseInstance", "db", { settings: { ipConfiguration } });
const good: Cases = [
  ["a private address", [sql({ ipv4Enabled: false, privateNetwork: "n" })]],
  ["no port", [dockerContainer("prod-postgres")]],
];
const bad: Cases = [
  ["a public address", [sql({ ipv4Enabled: true, privateNetwork: "n" })]],
  ["no network of its own", [sql({ ipv4Enabled: false })]],
  ["a published port", [dockerContainer("prod-postgres", { ports: [{ internal: 5432, ip: "127.0.0.1" }] })]],
];
const unknown = [sql({ ipv4Enabled: UNKNOWN })];

describe("private-database", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(privateDatabase, resources))).toBe("");
    expect(asked(privateDatabase, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(privateDatabase, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(privateDatabase, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
  test("ignores databases outside the stack", () => {
    expect(asked(privateDatabase, [deployment("akosha")]).verdict).toBe("not-applicable");
  });
});
