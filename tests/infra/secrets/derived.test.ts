import { describe, expect, test } from "vitest";
import { secretNames, secrets } from "../../../ecosystem/secrets.ts";
import { derivedSecret, templatesOf } from "../../../infra/secrets/derived.ts";
import { settingsIn } from "../../fixtures/releases.ts";

describe("a secret that is put together from others", () => {
  test.each([
    ["compose", "postgresql://akosha:hunter2@postgres:5432/akosha?sslmode=disable"],
    ["kubernetes", "postgresql://akosha:hunter2@postgres.mahavishnu.internal:5432/akosha?sslmode=verify-full"],
  ] as const)("is the URL of its service's database on %s, with the role's password", (target, url) => {
    const derived = derivedSecret("akosha-database-url", settingsIn("prod", target));
    expect(derived?.from).toBe("akosha-database-password");
    expect(derived?.filled("hunter2")).toBe(url);
  });

  test("is in text what names the other one", () => {
    expect(templatesOf(["auth-secret", "mahavishnu-database-url"], settingsIn("prod", "compose"))).toEqual({
      "mahavishnu-database-url":
        "postgresql://mahavishnu:<mahavishnu-database-password>@postgres:5432/mahavishnu?sslmode=disable",
    });
  });

  test("is each of those that nobody makes or gives, and no other", () => {
    const derived = secretNames.filter((name) => secrets[name].origin === "derived");
    expect(derived.length).toBeGreaterThan(0);
    expect(Object.keys(templatesOf(secretNames, settingsIn("prod", "kubernetes")))).toEqual(derived);
  });
});
