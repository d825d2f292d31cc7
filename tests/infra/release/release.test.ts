import { describe, expect, test } from "vitest";
import type { Target } from "../../../ecosystem/targets.ts";
import {
  checkRelease,
  isPinned,
  type Release,
  ReleaseError,
  revisionsFor,
  seal,
} from "../../../infra/release/release.ts";
import { contentOf, type Frozen, freeze, type Revision } from "../../../infra/release/revision.ts";
import { releaseOf } from "../../fixtures/releases.ts";

/** A release of prod in which one service of one target was frozen differently. */
function withChange(target: Target, service: string, change: Partial<Frozen>, stack = "prod"): Release {
  const { digest: _, ...release } = { ...releaseOf("prod", "r1", "a"), stack };
  const list = (release.revisions[target] ?? []).map((revision) =>
    revision.service === service ? freeze({ ...contentOf(revision), ...change }) : revision,
  );
  return seal({ ...release, revisions: { ...release.revisions, [target]: list } });
}

const peer = { service: "akosha", port: 8682, url: "https://a.run.app", audience: "https://a.run.app" } as const;

const check = (release: unknown) => () => checkRelease(release, "releases/prod/r1.json");

describe("a release", () => {
  test("as it is made is accepted, and holds every target of its stack", () => {
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

  test("has each service once on each of its targets, whatever its digest", () => {
    const { digest: _, ...release } = releaseOf("prod", "r1", "a");
    const [first, second, third] = release.revisions["cloud-run"] as Revision[];
    const withList = (list: (Revision | undefined)[]) =>
      seal({ ...release, revisions: { ...release.revisions, "cloud-run": list as Revision[] } });
    expect(check(withList([first, third]))).toThrow(
      /cloud-run: akosha is missing\. A release needs each service exactly once/,
    );
    expect(check(withList([]))).toThrow(/cloud-run: session-buddy is missing/);
    expect(check(withList([first, second, third, second]))).toThrow(/cloud-run: akosha occurs 2 times/);
  });

  test.each<[string, Target, string, Partial<Frozen>, RegExp]>([
    ["a tag", "compose", "akosha", { image: "akosha:latest" }, /akosha:latest has no digest.*--image akosha=/],
    [
      "a single writer on Cloud Run",
      "cloud-run",
      "session-buddy",
      { sessions: "stateless" },
      /one writer at a time.*on Cloud Run.*single/,
    ],
    [
      "a single writer twice",
      "kubernetes",
      "session-buddy",
      { sessions: "sticky" },
      /one writer at a time.*cannot be sticky/,
    ],
    [
      "sticky sessions on Cloud Run",
      "cloud-run",
      "mahavishnu",
      { sessions: "sticky" },
      /Cloud Run does not pin a session/,
    ],
    [
      "a proxy by a tag",
      "cloud-run",
      "mahavishnu",
      { identityProxy: { image: "edge:latest", peers: [peer] } },
      /the image edge:latest has no digest/,
    ],
    [
      "a single service that Cloud Run's services would ask for a token",
      "cloud-run",
      "mahavishnu",
      { sessions: "single", instances: { min: 1, max: 1 } },
      /it calls akosha on Cloud Run, which requires an identity token.*Make it stateless, or make akosha single as well/,
    ],
    [
      "processors that Cloud Run does not have",
      "cloud-run",
      "akosha",
      { cpu: 3 },
      /Cloud Run offers 1, 2, 4, 6, 8 vCPU per instance, not 3\. Set sizes\.akosha\.cpu/,
    ],
    [
      "memory that Cloud Run does not give to them",
      "cloud-run",
      "akosha",
      { cpu: 1, memoryMi: 8192 },
      /Cloud Run offers 512 to 4096 MiB of memory with 1 vCPU, not 8192\. Set sizes\.akosha\.memoryMi/,
    ],
    [
      "several single instances",
      "compose",
      "session-buddy",
      { instances: { min: 1, max: 2 } },
      /single means one instance, not up to 2/,
    ],
  ])("with %s is refused", (_, target, service, change, message) => {
    expect(check(withChange(target, service, change))).toThrow(message);
    expect(check(withChange(target, service, change))).toThrow(ReleaseError);
  });

  test("gives the machine of the single services whatever size it likes", () => {
    expect(check(withChange("cloud-run", "session-buddy", { cpu: 3, memoryMi: 300 }))).not.toThrow();
  });

  test("with an image that only one Docker host knows is refused elsewhere", () => {
    const image = `sha256:${"0".repeat(64)}`;
    expect(check(withChange("kubernetes", "akosha", { image }))).toThrow(/known only to one Docker host/);
    expect(check(withChange("compose", "akosha", { image }))).not.toThrow();
  });

  test("of the local stack may name an image by its tag", () => {
    expect(check(withChange("compose", "akosha", { image: "akosha:dev" }, "local"))).not.toThrow();
  });

  test("without revisions for a target says how to get some", () => {
    const { revisions: _, ...release } = releaseOf("prod", "r1", "a");
    expect(() => revisionsFor({ ...release, revisions: {} }, "compose")).toThrow(
      /has no revisions for compose.*npx maha release new --stack prod/,
    );
  });

  test("that is none is refused with its file", () => {
    for (const content of [null, [], {}, { name: "r1" }])
      expect(check(content)).toThrow(/^releases\/prod\/r1\.json is not a release/);
  });
});

test("an image is pinned by a digest or an id alone", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  expect([`a/b@${digest}`, digest].every(isPinned)).toBe(true);
  expect([`a/b:1`, `a/b@sha256:00`, `a/b:1@${digest}x`, `xsha256:${"0".repeat(64)}`].some(isPinned)).toBe(false);
});
