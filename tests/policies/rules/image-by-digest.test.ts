import { describe, expect, test } from "vitest";
import { imageByDigest } from "../../../policies/rules/image-by-digest.ts";
import {
  asked,
  type Cases,
  cloudService,
  deployment,
  digest,
  dockerContainer,
  reasons,
  resource,
  UNKNOWN,
} from "../fixtures.ts";

const pulled = resource("docker:index/remoteImage:RemoteImage", "x-image", { name: `x@${digest("9")}` });
const good: Cases = [
  ["digests", [cloudService("akosha"), deployment("mahavishnu"), dockerContainer("x")]],
  ["the id of a local image", [dockerContainer("x", { image: digest("9") })]],
  [
    "what was pulled, while the container does not know yet",
    [pulled, dockerContainer("x", { image: UNKNOWN }, { from: { image: [pulled] } })],
  ],
];
const bad: Cases = [
  ["a tag", [cloudService("akosha", { container: { image: "registry.test/akosha:1.2" } })]],
  ["latest", [dockerContainer("x", { image: "postgres:latest" })]],
  ["no image", [deployment("akosha", { container: { image: undefined } })]],
];
const unknown = [deployment("akosha", { container: { image: UNKNOWN } })];

describe("image-by-digest", () => {
  test.each(good)("passes with %s", (_, resources) => {
    expect(reasons(asked(imageByDigest, resources))).toBe("");
    expect(asked(imageByDigest, resources).verdict).toBe("pass");
  });
  test.each(bad)("fails with %s", (_, resources) => {
    expect(asked(imageByDigest, resources).verdict).toBe("fail");
  });
  test("is not proven where an input is unknown", () => {
    const outcome = asked(imageByDigest, unknown);
    expect(outcome.verdict).toBe("fail");
    expect(reasons(outcome)).toContain("not proven");
  });
});
