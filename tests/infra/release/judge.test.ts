import { describe, expect, test } from "vitest";
import type { Target } from "../../../ecosystem/targets.ts";
import { judgeRevision } from "../../../infra/release/judge.ts";
import { ReleaseError } from "../../../infra/release/release.ts";
import { contentOf, type Frozen, freeze } from "../../../infra/release/revision.ts";
import { releaseOf } from "../../fixtures/releases.ts";

/** Judges a revision of prod that was frozen differently. */
const judged =
  (target: Target, service: string, change: Partial<Frozen>, stack = "prod") =>
  () => {
    for (const revision of releaseOf("prod", "r1", "a").revisions[target] ?? []) {
      const content = contentOf(revision);
      judgeRevision({
        revision: freeze(revision.service === service ? { ...content, ...change } : content),
        stack,
        target,
      });
    }
  };

const peer = { service: "akosha", port: 8682, url: "https://a.run.app", audience: "https://a.run.app" };

describe("a new revision", () => {
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
    expect(judged(target, service, change)).toThrow(message);
    expect(judged(target, service, change)).toThrow(ReleaseError);
  });

  test("gives the machine of the single services whatever size it likes", () => {
    expect(judged("cloud-run", "session-buddy", { cpu: 3, memoryMi: 300 })).not.toThrow();
  });

  test("with an image that only one Docker host knows is refused elsewhere", () => {
    const image = `sha256:${"0".repeat(64)}`;
    expect(judged("kubernetes", "akosha", { image })).toThrow(/known only to one Docker host/);
    expect(judged("compose", "akosha", { image })).not.toThrow();
  });

  test("of the local stack may name an image by its tag", () => {
    expect(judged("compose", "akosha", { image: "akosha:dev" }, "local")).not.toThrow();
  });
});
