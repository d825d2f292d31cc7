import { describe, expect, test } from "vitest";
import type { CloudRunSettings } from "../../../../infra/config/schema.ts";
import { invokersOf, nameOf } from "../../../../infra/targets/cloud-run/access.ts";
import { prod } from "./fixtures.ts";

const invokers = ["group:agents@acme.dev", "serviceAccount:bot@acme.iam.gserviceaccount.com"];
const cloud = (access: "iam" | "iap") => ({ ...prod.cloudRun, access, invokers }) as CloudRunSettings;

describe("the invokers of a service", () => {
  test.each([
    {
      access: "iam" as const,
      expected: [
        { name: "group-agents-acme-dev-20240f", member: invokers[0] },
        { name: "serviceaccount-bot-acme-iam-gserviceaccount-com-d28811", member: invokers[1] },
      ],
    },
    {
      access: "iap" as const,
      expected: [{ name: "iap", member: "serviceAccount:service-100000000002@gcp-sa-iap.iam.gserviceaccount.com" }],
    },
  ])("with $access", ({ access, expected }) => {
    expect(invokersOf(cloud(access), [])).toEqual(expected);
    expect(invokersOf(cloud(access), ["mahavishnu"])).toEqual([
      ...expected,
      {
        name: "mahavishnu",
        member: "serviceAccount:mcp-mahavishnu@mahavishnu-prod.iam.gserviceaccount.com",
      },
    ]);
  });

  test("no two members share a resource's name", () => {
    const members = ["user:a.b@acme.dev", "group:a.b@acme.dev", "group:a-b@acme.dev", "group:a@b.acme.dev"];
    expect(new Set(members.map(nameOf)).size).toBe(members.length);
    expect(nameOf("group:A.b@acme.dev")).toBe(nameOf("group:a.b@acme.dev"));
  });
});
