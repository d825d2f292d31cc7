import { describe, expect, test } from "vitest";
import { checkRelease, isPinned, type Release, revisionsFor, seal } from "../../../infra/release/release.ts";
import { contentOf, freeze, type Revision } from "../../../infra/release/revision.ts";
import { releaseOf } from "../../fixtures/releases.ts";

const check = (release: unknown) => () => checkRelease(release, "releases/prod/r1.json");

describe("a release", () => {
  test("is accepted as created, and has every target of its stack", () => {
    const release = releaseOf("prod", "r1", "a");
    expect(checkRelease(JSON.parse(JSON.stringify(release)), "x")).toEqual(release);
    expect(Object.keys(release.revisions)).toEqual(["cloud-run", "compose", "kubernetes"]);
    expect([...revisionsFor(release, "compose").keys()]).toEqual(["session-buddy", "akosha", "mahavishnu"]);
  });

  test("holds no secret, only names", () => {
    const text = JSON.stringify(releaseOf("prod", "r1", "a"));
    expect(text).toContain('"MAHAVISHNU_AUTH_SECRET":"auth-secret"');
    expect(text).not.toMatch(/postgresql:\/\//);
  });

  test("that was edited is refused", () => {
    const release = releaseOf("prod", "r1", "a");
    const [first, ...rest] = release.revisions.compose ?? [];
    const edited = { ...release, revisions: { ...release.revisions, compose: [{ ...first, cpu: 64 }, ...rest] } };
    expect(check(edited)).toThrow(/^releases\/prod\/r1\.json, compose, session-buddy-\w+: its content was edited\./);
  });

  test.each<[string, (release: Release) => Partial<Release>]>([
    ["its mark", () => ({ unpublished: true })],
    ["its day", () => ({ created: "2030-01-01T00:00:00Z" })],
    ["a target", ({ revisions: { compose: _, ...revisions } }) => ({ revisions })],
    ["its digest", () => ({ digest: "0".repeat(64) })],
  ])("that was edited in %s is refused as a whole", (_, edit) => {
    const release = releaseOf("prod", "r1", "a");
    expect(check({ ...release, ...edit(release) })).toThrow(
      /^releases\/prod\/r1\.json: its content does not match its digest\..*release new --stack prod/,
    );
  });

  test("without its digest is refused", () => {
    const { digest: _, ...release } = releaseOf("prod", "r1", "a");
    expect(check(release)).toThrow(/the release's digest is missing/);
  });

  test("is not judged by today's ecosystem and rules", () => {
    const { digest: _, ...release } = releaseOf("prod", "r1", "a");
    const unknown = freeze({ ...contentOf((release.revisions.compose as [Revision])[0]), service: "retired", cpu: 99 });
    const later = { ...release, revisions: { ...release.revisions, compose: [{ ...unknown, future: true }] } };
    const known = seal({ ...release, revisions: { ...release.revisions, compose: [unknown] } });
    expect([...revisionsFor(checkRelease(known, "x"), "compose").keys()]).toEqual(["retired"]);
    const field = freeze({ ...contentOf(unknown), future: true } as never);
    expect(checkRelease(seal({ ...later, revisions: { compose: [field] } }), "x").revisions.compose).toEqual([field]);
  });

  test.each([
    ["of the first format, which had no number", undefined],
    ["of a format to come", 3],
  ])("%s is refused with what to do", (_, format) => {
    const { digest: _digest, format: _format, ...rest } = releaseOf("prod", "r1", "a");
    const content = { ...rest, ...(format && { format }) };
    expect(check(seal(content as never))).toThrow(
      new RegExp(
        `^releases/prod/r1\\.json has format ${format ?? 1}, and this version reads format 2\\..*release new --stack prod`,
      ),
    );
  });

  test("without revisions for a target says how to create them", () => {
    const { revisions: _, ...release } = releaseOf("prod", "r1", "a");
    expect(() => revisionsFor({ ...release, revisions: {} }, "compose")).toThrow(
      /has no revisions for compose.*npx maha release new --stack prod/,
    );
  });

  test("that is invalid is refused, and its file is named", () => {
    for (const content of [null, [], {}, { name: "r1" }])
      expect(check(content)).toThrow(/^releases\/prod\/r1\.json is not a release/);
  });
});

test("an image is pinned by a digest or an id alone", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  expect([`a/b@${digest}`, digest].every(isPinned)).toBe(true);
  expect([`a/b:1`, `a/b@sha256:00`, `a/b:1@${digest}x`, `xsha256:${"0".repeat(64)}`].some(isPinned)).toBe(false);
});
