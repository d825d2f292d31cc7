import { describe, expect, test } from "vitest";
import { readStack } from "../../infra/config/stack-file.ts";
import { makeRelease } from "../../infra/release/make.ts";
import { checkPublished, namedReleases } from "../../infra/stack.ts";
import { imagesOf, root } from "../fixtures/releases.ts";

describe("an image that is not in a registry", () => {
  const { settings, file } = readStack(root, "prod");
  const check = (changes: Partial<typeof settings>, releases: Parameters<typeof checkPublished>[0]) => () =>
    checkPublished(releases, { ...settings, ...changes }, { stack: "prod", file });
  const edge = { ...settings.edge, image: `registry.acme.dev/edge@sha256:${"e".repeat(64)}` };
  const promoter = { image: `registry.acme.dev/promoter@sha256:${"f".repeat(64)}` };
  const backups = { ...settings.backups, image: `registry.acme.dev/backup@sha256:${"b".repeat(64)}` };
  const releaseWith = (changes: Partial<typeof settings>, images = {}) =>
    makeRelease({
      ...{ stack: "prod", name: "r2", created: new Date(0) },
      settings: { ...settings, ...changes },
      images: { ...imagesOf("a"), ...images },
    });
  const published = { stable: releaseWith({ edge }), candidate: undefined };

  test("is not deployed: neither the release of the repository nor an image of the settings", () => {
    expect(check({}, namedReleases(root, "prod", settings))).toThrow(
      /release r1 of prod runs unpublished\.invalid\/.*which is not in a registry.*instead of r1/,
    );
    expect(check({}, published)).toThrow(/mahavishnu:edge\.image: this image is not in a registry/);
  });

  test("is looked for in the images themselves, those that the target runs: a mark may be missing", () => {
    const own = { edge, promoter, backups };
    expect(check({ edge, backups }, published)).toThrow(/mahavishnu:promoter\.image: this image is not in a registry/);
    expect(check(own, published)).not.toThrow();
    // a release that was frozen while the edge had no registry: Cloud Run runs it beside a service, and nothing else does
    const { unpublished, ...proxied } = releaseWith({});
    expect(unpublished).toBe(true);
    expect(check(own, { stable: proxied, candidate: undefined })).toThrow(/runs unpublished\.invalid\/edge@/);
    expect(check({ ...own, target: "kubernetes" }, { stable: proxied, candidate: undefined })).not.toThrow();
    const image = `unpublished.invalid/akosha@sha256:${"0".repeat(64)}`;
    const { unpublished: _, ...candidate } = releaseWith({ edge }, { akosha: image });
    expect(check({ ...own, target: "compose" }, { ...published, candidate })).toThrow(
      /runs unpublished\.invalid\/akosha@/,
    );
  });

  test("does not matter where nothing runs yet: on Cloud Run the registry comes with the first deployment", () => {
    const none = { stable: undefined, candidate: undefined };
    expect(check({}, none)).not.toThrow();
    // the edges of the other targets run at once
    expect(check({ target: "compose" }, none)).toThrow(/edge\.image/);
    expect(check({ target: "kubernetes" }, none)).toThrow(/edge\.image/);
  });
});
