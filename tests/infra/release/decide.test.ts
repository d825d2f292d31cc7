import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pair } from "../../../infra/deployment.ts";
import { decide } from "../../../infra/release/decide.ts";
import type { ReleaseContent } from "../../../infra/release/history.ts";
import type { Revision } from "../../../infra/release/revision.ts";
import { addressesIn } from "../../../infra/targets/compose/addresses.ts";

const names = ["crackerjack", "session-buddy", "akosha", "mahavishnu", "dhara", "unifi", "mermaid"];

/** What a release runs: some services, each by an image and a session model. */
const contents = fc.subarray(names, { minLength: 1 }).chain((services) =>
  fc.tuple(
    ...services.map((service) =>
      fc.record({
        service: fc.constant(service),
        image: fc.integer({ min: 0, max: 3 }).map(String),
        sessions: fc.constantFrom("single", "sticky", "stateless"),
      }),
    ),
  ),
) as unknown as fc.Arbitrary<ReleaseContent[]>;

/** What a stack does: it makes a release, tries one again, or settles on what it has tried. */
const step = fc.record({ contents, retry: fc.boolean(), settles: fc.boolean() });
const network = fc.constantFrom("10.77.3.0/24", "10.77.0.0/20", "172.29.0.0/16");

/** The releases that come of such steps, each beside the one that was stable then. */
function history(steps: { contents: ReleaseContent[]; retry: boolean; settles: boolean }[], network: string) {
  const revisions: Revision[] = [];
  let stable: Revision[] = [];
  return steps.map(({ contents, retry, settles }) => {
    const made = decide(contents, { before: { revisions, stable }, network, retry });
    const now = { made, stable, before: [...revisions] };
    revisions.push(...made);
    if (settles) stable = made;
    return now;
  });
}

function pairs(stable: readonly Revision[], candidate: readonly Revision[]): Map<string, Pair> {
  const found = new Map<string, Pair>(stable.map((revision) => [revision.service, { stable: revision }]));
  for (const revision of candidate) {
    const had = found.get(revision.service)?.stable;
    if (!had) found.set(revision.service, { stable: revision });
    else if (had.id !== revision.id) found.set(revision.service, { stable: had, candidate: revision });
  }
  return found;
}

const addressOf = (revision: Revision, network: string) =>
  addressesIn(network, new Map()).ofPair({ stable: revision }).stable;

describe("the address of a revision on a Docker host", () => {
  test("is unique and inside the network, whatever was added, removed or retried", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), network, (steps, network) => {
        for (const { made, stable } of history(steps, network)) {
          const those = pairs(stable, made);
          const addresses = addressesIn(network, those); // throws where one lies beyond the network
          const given = [
            ...(["edge", "postgres", "prometheus", "alertmanager", "node-exporter"] as const).map(addresses.of),
            ...(["backup-save", "backup-check", "backup-vault"] as const).map(addresses.of),
            ...[...those.values()].flatMap((pair) => Object.values(addresses.ofPair(pair))),
          ];
          expect(new Set(given).size).toBe(given.length);
        }
      }),
    );
  });

  test("never changes while it runs: neither its number nor its id depends on other revisions", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 12 }), network, (steps, network) => {
        for (const { made, before } of history(steps, network)) {
          for (const revision of made) {
            const earlier = before.find(({ id }) => id === revision.id);
            if (earlier) expect(addressOf(revision, network)).toBe(addressOf(earlier, network));
          }
        }
        const [first] = steps as [(typeof steps)[0]];
        const none = { revisions: [], stable: [] };
        const alone = decide(first.contents, { before: none, network, retry: false });
        const later = [...steps, { ...first, retry: false }];
        const again = history(later, network).at(-1)?.made ?? [];
        for (const revision of again.filter(({ attempt }) => attempt === undefined)) {
          expect(alone.map(({ id }) => id)).toContain(revision.id);
        }
      }),
    );
  });
});

describe("a retried content", () => {
  const content = { service: "akosha", image: "1", sessions: "sticky" } as ReleaseContent;
  const other = { service: "dhara", image: "1", sessions: "sticky" } as ReleaseContent;
  const none = { revisions: [], stable: [] };
  const ask = { network: undefined, retry: true };

  test("has a new id for each retry, and keeps the last one otherwise", () => {
    const [first] = decide([content], { ...ask, before: none }) as [Revision];
    expect(first.attempt).toBeUndefined();
    const [second] = decide([content], { ...ask, before: { revisions: [first], stable: [] } }) as [Revision];
    const [third] = decide([content], { ...ask, before: { revisions: [first, second], stable: [] } }) as [Revision];
    expect([second.attempt, third.attempt]).toEqual([2, 3]);
    expect(new Set([first.id, second.id, third.id]).size).toBe(3);
    const before = { revisions: [first, second, third], stable: [] };
    expect(decide([content], { ...ask, retry: false, before })).toEqual([third]);
  });

  test("keeps its id where stable runs it, which has not failed", () => {
    const revisions = decide([content, other], { ...ask, before: none });
    const [kept, tried] = decide([content, other], { ...ask, before: { revisions, stable: revisions.slice(0, 1) } });
    expect(kept).toEqual(revisions[0]);
    expect(tried?.attempt).toBe(2);
  });
});
