import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stackNames } from "../../../infra/config/stack-file.ts";
import { readRelease, releasesOf } from "../../../infra/release/files.ts";
import { newRelease } from "../../../infra/release/new.ts";
import { imagesOf, root } from "../../fixtures/releases.ts";

/** A folder with the committed stacks' settings and images, the edge's in such a registry, and no releases. */
function project(registry = "registry.acme.dev/"): string {
  const folder = mkdtempSync(join(tmpdir(), "maha-release-"));
  for (const stack of stackNames(root)) {
    const settings = readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8");
    writeFileSync(
      join(folder, `Pulumi.${stack}.yaml`),
      settings.replaceAll("image: unpublished.invalid/", `image: ${registry}`),
    );
  }
  cpSync(join(root, "images"), join(folder, "images"), { recursive: true });
  return folder;
}

const created = new Date("2026-11-01T12:00:00Z");

describe("a new release", () => {
  test("gets the next number, is read back as it was made, and is never written twice", () => {
    const folder = project();
    const { release, file } = newRelease(folder, "prod", { images: imagesOf("a"), created });
    expect(file).toBe("releases/prod/r1.json");
    expect(readRelease(folder, "prod", "r1")).toEqual(release);
    const before = readFileSync(join(folder, file), "utf8");
    expect(() => newRelease(folder, "prod", { images: imagesOf("b"), name: "r1", created })).toThrow(
      /releases\/prod\/r1\.json already exists/,
    );
    expect(readFileSync(join(folder, file), "utf8")).toBe(before);
    expect(newRelease(folder, "prod", { images: imagesOf("b"), created }).release.name).toBe("r2");
  });

  test("has the name that its images have in another stack, and no other images under that name", () => {
    const folder = project();
    newRelease(folder, "staging", { images: imagesOf("a"), created });
    newRelease(folder, "staging", { images: imagesOf("b"), created });
    expect(newRelease(folder, "prod", { images: imagesOf("b"), created }).release.name).toBe("r2");
    expect(() => newRelease(folder, "prod", { images: imagesOf("c"), name: "r1", created })).toThrow(
      /release r1 of staging runs different images/,
    );
    expect(existsSync(join(folder, "releases/prod/r1.json"))).toBe(false);
  });

  test.each(["../../evil", "R 1", ""])("is not called %j, which the settings could not name", (name) => {
    const folder = project();
    expect(() => newRelease(folder, "prod", { images: imagesOf("a"), name, created })).toThrow(
      /^--name .*: a release name has/,
    );
    expect(existsSync(join(folder, "releases"))).toBe(false);
  });

  test("is the same release when an image was copied to another registry", () => {
    const folder = project();
    newRelease(folder, "staging", { images: imagesOf("a"), created });
    const copied = Object.fromEntries(
      Object.entries(imagesOf("a")).map(([name, image]) => [name, image.replace("acme", "other")]),
    );
    expect(newRelease(folder, "prod", { images: copied, name: "r1", created }).release.name).toBe("r1");
  });

  test.each([
    [
      "a missing image",
      { mahavishnu: imagesOf("a").mahavishnu as string },
      /Missing: --image session-buddy=.* --image akosha=/,
    ],
    ["a service that does not exist", { ...imagesOf("a"), dhara: "x" }, /--image dhara=\.\.\.: unknown service/],
    ["a digest of nothing", { ...imagesOf("a"), akosha: `@sha256:${"0".repeat(64)}` }, /@sha256:0+ has no digest/],
    ["a tag", { ...imagesOf("a"), akosha: "akosha:1" }, /akosha:1 has no digest/],
  ])("with %s is refused and leaves nothing behind", (_, images, message) => {
    const folder = project();
    expect(() => newRelease(folder, "prod", { images, created })).toThrow(message);
    expect(existsSync(join(folder, "releases"))).toBe(false);
  });

  test("with an image that is not in a registry is refused, even for the edge image beside a Cloud Run service", () => {
    const nowhere = { ...imagesOf("a"), akosha: `unpublished.invalid/akosha@sha256:${"0".repeat(64)}` };
    for (const [folder, images] of [
      [project(), nowhere],
      [project("unpublished.invalid/"), imagesOf("a")],
    ] as const) {
      const made = (unpublished: boolean) => newRelease(folder, "prod", { images, unpublished, created });
      expect(() => made(false)).toThrow(
        /would run unpublished\.invalid\/(akosha|edge)@.*Push it.*mahavishnu:edge\.image.*--unpublished/,
      );
      expect(existsSync(join(folder, "releases"))).toBe(false);
      expect(made(true).release.unpublished).toBe(true);
    }
    // the edge of a host is no part of a release
    const { release } = newRelease(project("unpublished.invalid/"), "local", { images: imagesOf("a"), created });
    expect(release.unpublished).toBeUndefined();
  });

  test("without published images is marked, and another Dockerfile is another release", () => {
    const folder = project();
    const first = newRelease(folder, "prod", { images: {}, unpublished: true, created }).release;
    expect(first.unpublished).toBe(true);
    writeFileSync(join(folder, "images/akosha/Dockerfile"), "FROM scratch\n");
    const second = newRelease(folder, "prod", { images: {}, unpublished: true, created }).release;
    const ids = (release: typeof first) => release.revisions.compose?.map(({ id }) => id) ?? [];
    expect(ids(first).filter((id) => !ids(second).includes(id))).toEqual([expect.stringMatching(/^akosha-/)]);
  });

  test("of the repository: one for each stack, unpublished, with a stack's own targets", () => {
    for (const stack of stackNames(root)) {
      const [release, ...others] = releasesOf(root, stack);
      expect(others).toEqual([]);
      expect(release).toMatchObject({ name: "r1", unpublished: true });
    }
    expect(Object.keys(readRelease(root, "prod", "r1").revisions)).toEqual(["cloud-run", "compose", "kubernetes"]);
  });

  test("as a retry has the same images under new ids, except for stable's", () => {
    const folder = project();
    const file = join(folder, "Pulumi.local.yaml");
    const digest = `sha256:${"b".repeat(64)}`;
    newRelease(folder, "local", { images: imagesOf("a"), created });
    const images = { ...imagesOf("a"), akosha: `registry.acme.dev/akosha@${digest}` };
    const failed = newRelease(folder, "local", { images, created }).release;
    writeFileSync(file, readFileSync(file, "utf8").replace("stable: r1", "stable: r1\n  mahavishnu:candidate: r2"));
    const again = newRelease(folder, "local", { images: {}, retry: true, created }).release;
    expect(again.name).toBe("r3");
    const [before = [], after = []] = [failed.revisions.compose, again.revisions.compose];
    expect(after.map(({ image }) => image)).toEqual(before.map(({ image }) => image));
    const changed = after.filter(({ id }, index) => id !== before[index]?.id);
    expect(changed.map(({ service, attempt }) => [service, attempt])).toEqual([["akosha", 2]]);
    expect(readRelease(folder, "local", "r3")).toEqual(again);
  });

  test("as a retry is refused when stable already runs all of it, or there is no release", () => {
    const folder = project();
    const retry = () => newRelease(folder, "local", { images: {}, retry: true, created });
    expect(retry).toThrow(/--retry: local has no release to retry/);
    newRelease(folder, "local", { images: imagesOf("a"), created });
    expect(retry).toThrow(/stable already runs all that release r1 of local does/);
    expect(existsSync(join(folder, "releases/local/r2.json"))).toBe(false);
  });

  test("is looked up only in its stack's folder", () => {
    expect(() => readRelease(root, "prod", "../staging/r1")).toThrow(/no such release/);
  });

  test("a stray file among the releases is reported, with what to do", () => {
    const folder = project();
    newRelease(folder, "prod", { images: imagesOf("a"), created });
    cpSync(join(folder, "releases/prod/r1.json"), join(folder, "releases/prod/R 2.json"));
    expect(() => releasesOf(folder, "prod")).toThrow(/^releases\/prod\/R 2\.json is not a release: .*Delete the file/);
    mkdirSync(join(folder, "releases/staging"));
    cpSync(join(folder, "releases/prod/r1.json"), join(folder, "releases/staging/r1.json"));
    expect(() => releasesOf(folder, "staging")).toThrow(/^releases\/staging\/r1\.json contains release r1 of prod/);
  });

  test("that does not exist is refused, and the existing ones are listed", () => {
    expect(() => readRelease(root, "prod", "r99")).toThrow(
      /releases\/prod\/r99\.json: no such release\. Releases of prod: r1\./,
    );
  });
});
