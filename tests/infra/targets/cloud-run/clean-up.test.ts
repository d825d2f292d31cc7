import { expect, test } from "vitest";
import { cleanUpPolicies } from "../../../../infra/targets/cloud-run/clean-up.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

test("images that a release needs are kept by digest, without duplicates, and only other old ones are deleted", () => {
  const images = [
    `r.dev/p/mcp/akosha@${digest("b")}`,
    `r.dev/p/mcp/edge@${digest("a")}`,
    `other.dev/akosha@${digest("b")}`,
  ];
  expect(cleanUpPolicies(images)).toEqual([
    { id: "keep-released", action: "KEEP", condition: { versionNamePrefixes: [digest("a"), digest("b")] } },
    { id: "delete-unneeded", action: "DELETE", condition: { tagState: "ANY", olderThan: "2592000s" } },
  ]);
});

test("an image named by tag adds no keep rule", () => {
  expect(cleanUpPolicies(["akosha:latest", `r.dev/akosha@${digest("c")}`])[0]).toMatchObject({
    condition: { versionNamePrefixes: [digest("c")] },
  });
});
