import { describe, expect, test } from "vitest";
import { secretNamed, secretNames } from "../../../ecosystem/secrets.ts";
import { freeze, type Revision } from "../../../infra/release/revision.ts";
import { derivedSecrets, templatesOf } from "../../../infra/secrets/derived.ts";
import { releaseOf } from "../../fixtures/releases.ts";

const on = (target: "cloud-run" | "compose" | "kubernetes") =>
  releaseOf("prod", "r1", "a").revisions[target] as Revision[];

describe("a derived secret", () => {
  test.each([
    ["cloud-run", "postgresql://akosha:hunter2@postgres.mahavishnu.internal:5432/akosha?sslmode=require"],
    ["compose", "postgresql://akosha:hunter2@postgres:5432/akosha?sslmode=disable"],
    ["kubernetes", "postgresql://akosha:hunter2@postgres.mahavishnu.internal:5432/akosha?sslmode=verify-full"],
  ] as const)("is the URL of its revision's database on %s, with the role's password", (target, url) => {
    const derived = derivedSecrets(on(target)).get("akosha-database-url");
    expect(derived?.from).toBe("akosha-database-password");
    expect(derived?.filled("hunter2")).toBe(url);
  });

  test("is the template with the other secret's value", () => {
    expect(templatesOf(on("compose"))["mahavishnu-database-url"]).toBe(
      "postgresql://mahavishnu:<mahavishnu-database-password>@postgres:5432/mahavishnu?sslmode=disable",
    );
  });

  test("has a template if it is neither generated nor given, and only then", () => {
    const derived = secretNames.filter((name) => secretNamed(name).origin === "derived");
    expect(derived.length).toBeGreaterThan(0);
    expect(Object.keys(templatesOf(on("kubernetes")))).toEqual(derived);
  });

  test("cannot lead to two databases at once", () => {
    const [stable] = on("kubernetes").filter(({ service }) => service === "akosha") as [Revision];
    const moved = freeze({
      ...stable,
      database: { ...stable.database, host: "other.acme.dev" } as Revision["database"],
    });
    expect(() => derivedSecrets([stable, moved])).toThrow(/other\.acme\.dev.*Name the release as stable/);
    expect(() => derivedSecrets([stable, stable])).not.toThrow();
  });
});
