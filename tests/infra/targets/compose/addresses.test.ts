import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pair } from "../../../../infra/deployment.ts";
import type { Revision } from "../../../../infra/release/revision.ts";
import { addressesIn, withoutHost } from "../../../../infra/targets/compose/addresses.ts";

const revision = (id: string, hostNumber: number, sessions: Revision["sessions"] = "sticky") =>
  ({ service: id.split("-")[0], sessions, id, hostNumber }) as Revision;
const pairs = (...all: Pair[]) => new Map(all.map((pair) => [pair.stable.service, pair]));
const numberOf = (address: string) => address.split(".").reduce((sum, part) => 256 * sum + Number(part), 0);

describe("the addresses of a stack", () => {
  test.each([
    ["172.29.0.0/16", "172.29.0.2"],
    ["10.77.3.0/24", "10.77.3.2"],
    ["10.77.3.9/20", "10.77.0.2"],
  ])("in %s begin with the edge at %s", (subnet, edge) => {
    expect(addressesIn(subnet).of("edge")).toBe(edge);
  });

  const { ofPair } = addressesIn("172.29.0.0/16");

  test("of a single service are the writer's and the next one: a settled candidate takes the writer's", () => {
    const [one, two] = [revision("akosha-1", 300, "single"), revision("akosha-2", 300, "single")];
    expect(ofPair({ stable: one, candidate: two })).toEqual({ stable: "172.29.1.44", candidate: "172.29.1.45" });
    expect(ofPair({ stable: two })).toEqual({ stable: "172.29.1.44" });
  });

  test("of a revision of another service stay from candidate to stable", () => {
    const [one, two] = [revision("mahavishnu-1", 40), revision("mahavishnu-2", 41)];
    expect(ofPair({ stable: two }).stable).toBe(ofPair({ stable: one, candidate: two }).candidate);
  });

  test("are refused when two revisions have the same one, as releases from two branches may", () => {
    const [one, two] = [revision("mahavishnu-1", 41), revision("akosha-1", 40, "single")];
    const candidate = revision("akosha-2", 40, "single");
    expect(() => addressesIn("10.77.3.0/24", pairs({ stable: one }, { stable: two }))).not.toThrow();
    expect(() => addressesIn("10.77.3.0/24", pairs({ stable: one }, { stable: two, candidate }))).toThrow(
      /akosha-2 and mahavishnu-1 have the address 10\.77\.3\.41.*release new --retry/,
    );
  });

  test("are refused when the network has become too small", () => {
    expect(() => addressesIn("10.77.3.0/24", pairs({ stable: revision("akosha-1", 255) }))).toThrow(
      /akosha-1: its address is outside compose\.subnet 10\.77\.3\.0\/24/,
    );
  });

  test("are all but the host's own, where the host is left out", () => {
    fc.assert(
      fc.property(fc.integer({ min: 24, max: 28 }), (length) => {
        const size = 2 ** (32 - length);
        const first = numberOf("10.1.2.0");
        const inside = withoutHost(`10.1.2.0/${length}`).flatMap((network) => {
          const [address = "", bits] = network.split("/");
          return Array.from({ length: 2 ** (32 - Number(bits)) }, (_, index) => numberOf(address) + index);
        });
        const all = Array.from({ length: size }, (_, index) => first + index);
        expect(inside.sort((a, b) => a - b)).toEqual(all.filter((address) => address !== first + 1));
      }),
    );
  });
});
