import { expect, test } from "vitest";
import { differences } from "../../../infra/release/diff.ts";
import { releaseOf } from "../../fixtures/releases.ts";

test("two releases differ by the values of their revisions, not by their names", () => {
  const [a, b] = [releaseOf("local", "r1", "a"), releaseOf("local", "r2", "b")];
  expect(differences(a, { ...a, name: "r9" })).toEqual([]);
  const places = differences(a, b).map(({ place }) => place);
  expect(places).toContain("compose akosha image");
  expect(places).toContain("compose akosha id");
  // a writer keeps its address; of the others each revision has its own
  expect(places).toContain("compose mahavishnu hostNumber");
  expect(places).toHaveLength(7);
});

test("a key that only one of them has is a difference", () => {
  const release = releaseOf("prod", "r1", "a");
  const { kubernetes: _, ...revisions } = release.revisions;
  const found = differences(release, { ...release, revisions });
  expect(found.length).toBeGreaterThan(20);
  expect(found.every(({ place, after }) => place.startsWith("kubernetes ") && after === undefined)).toBe(true);
});
