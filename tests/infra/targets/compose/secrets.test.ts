import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import type { Secret } from "../../../../ecosystem/secrets.ts";
import { secretNamed, secretNames } from "../../../../ecosystem/secrets.ts";
import { secretValues } from "../../../../infra/targets/compose/secrets.ts";
import { deploymentIn } from "./fixtures.ts";

const value = (name: Secret) =>
  new Promise<[string, boolean]>((resolve) => {
    const output = secretValues({ ...deploymentIn("stable"), secret: (name) => pulumi.secret(`<${name}>`) })(name);
    output.apply(async (plain) => resolve([plain, await pulumi.isSecret(output)]));
  });

describe("the values of a stack's secrets", () => {
  test.each([
    ["auth-secret", "<auth-secret>"],
    ["akosha-database-url", "postgresql://akosha:<akosha-database-password>@postgres:5432/akosha?sslmode=disable"],
    [
      "mahavishnu-database-url",
      "postgresql://mahavishnu:<mahavishnu-database-password>@postgres:5432/mahavishnu?sslmode=disable",
    ],
  ] as const)("are given or put together: %s", async (name, expected) => {
    expect(await value(name)).toEqual([expected, true]);
  });

  test("are all available, including derived ones", async () => {
    for (const name of secretNames) {
      const [plain] = await value(name);
      expect(plain.startsWith("<"), name).toBe(secretNamed(name).origin !== "derived");
    }
  });
});
