import { describe, expect, test } from "vitest";
import { readStack } from "../../infra/config/stack-file.ts";
import { checkPublished, namedReleases } from "../../infra/stack.ts";
import { releaseOf, root } from "../support/releases.ts";

describe("what no registry holds", () => {
  const { settings, file } = readStack(root, "prod");
  const check = (changes: Partial<typeof settings>, releases: Parameters<typeof checkPublished>[0]) => () =>
    checkPublished(releases, { ...settings, ...changes }, { stack: "prod", file });
  const published = { stable: releaseOf("prod", "r2", "a"), candidate: undefined };

  test("is not deployed: neither the release of the repository nor an image of the settings", () => {
    expect(check({}, namedReleases(root, "prod", settings))).toThrow(/release r1 of prod is unpublished/);
    expect(check({}, published)).toThrow(/mahavishnu:edge\.image: no registry holds this image/);
  });

  test("does not matter where nothing runs yet: on Cloud Run the registry comes with the first deployment", () => {
    const none = { stable: undefined, candidate: undefined };
    expect(check({}, none)).not.toThrow();
    // the edges of the other targets run at once
    expect(check({ target: "compose" }, none)).toThrow(/edge\.image/);
    expect(check({ target: "kubernetes" }, none)).toThrow(/edge\.image/);
  });
});
