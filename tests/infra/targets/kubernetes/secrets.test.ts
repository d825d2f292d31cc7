import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { type ServiceName, services } from "../../../../ecosystem/services.ts";
import { secretData } from "../../../../infra/targets/kubernetes/secrets.ts";
import { first, revisionOf } from "../../../fixtures/kubernetes/states.ts";

const dataOf = async (service: ServiceName) => {
  const secret = (name: string) => pulumi.secret(`value-of-${name}`);
  const outputs = secretData({ stable: revisionOf(first, service) }, { secret });
  const entries = Object.entries(outputs).map(async ([name, output]) => {
    expect(await pulumi.isSecret(output), name).toBe(true);
    return [name, await new Promise<string>((resolve) => output.apply(resolve))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
};

test.each(services.map(({ name, secrets }) => [name, new Set(Object.values(secrets))] as const))(
  "%s reads its own secrets and no other",
  async (name, own) => {
    expect(new Set(Object.keys(await dataOf(name)))).toEqual(own);
  },
);

test("a database URL contains its role's password, verifies the server's name, and stays a secret", async () => {
  expect(await dataOf("akosha")).toMatchObject({
    "akosha-api-token": "value-of-akosha-api-token",
    "akosha-database-url":
      "postgresql://akosha:value-of-akosha-database-password@postgres.mahavishnu.internal:5432/akosha?sslmode=verify-full",
  });
});
