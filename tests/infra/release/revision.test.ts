import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentOf, freeze, revisionId } from "../../../infra/release/revision.ts";
import { releaseOf } from "../../fixtures/releases.ts";

const revisions = releaseOf("prod", "r1", "a").revisions["cloud-run"] ?? [];

describe("a revision", () => {
  test("is named by its service and a hash that fits every platform", () => {
    for (const { id, service } of revisions) expect(id).toMatch(new RegExp(`^${service}-[0-9a-f]{10}$`));
    expect(revisions).toHaveLength(3);
  });

  test("keeps its id when nothing but the order of its keys changes", () => {
    for (const revision of revisions) {
      const turned = Object.fromEntries(Object.entries(contentOf(revision)).reverse());
      expect(freeze(turned as never).id).toBe(revision.id);
    }
  });

  test("gets another id for any other image, variable, size, command or secret", () => {
    for (const revision of revisions) {
      const content = contentOf(revision);
      const others = [
        { ...content, image: content.image.replace("a", "b") },
        { ...content, environment: { ...content.environment, LOG_LEVEL: "debug" } },
        { ...content, cpu: content.cpu + 1 },
        { ...content, memoryMi: content.memoryMi + 1 },
        { ...content, command: [...content.command, "--verbose"] },
        { ...content, secrets: { ...content.secrets, EXTRA: "auth-secret" as const } },
        { ...content, instances: { min: 0, max: content.instances.max } },
        { ...content, files: { ...content.files, "/app/more": "" } },
      ];
      expect(new Set([revision.id, ...others.map(revisionId)]).size).toBe(others.length + 1);
    }
  });

  test("no two values of a variable share an id", () => {
    const content = contentOf(revisions[0] as never);
    const id = (value: string) => revisionId({ ...content, environment: { A: value } } as never);
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(id(a) === id(b)).toBe(a === b);
      }),
    );
  });
});
