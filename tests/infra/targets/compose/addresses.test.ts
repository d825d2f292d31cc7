import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ServiceName, serviceNames } from "../../../../ecosystem/services.ts";
import type { Pair } from "../../../../infra/deployment.ts";
import type { Revision } from "../../../../infra/release/revision.ts";
import { addressesIn } from "../../../../infra/targets/compose/addresses.ts";

const revision = (service: ServiceName, hash: number, sessions: Revision["sessions"]) =>
  ({ service, sessions, id: `${service}-${hash.toString(16).padStart(10, "0")}` }) as Revision;

const hash = fc.integer({ min: 0, max: 16 ** 10 - 1 });
const model = fc.constantFrom<Revision["sessions"][]>("single", "sticky", "stateless");
const pairOf = (service: ServiceName): fc.Arbitrary<Pair> =>
  fc
    .record({ stable: fc.tuple(hash, model), candidate: fc.option(fc.tuple(hash, model), { nil: undefined }) })
    .filter(({ stable, candidate }) => stable[0] !== candidate?.[0])
    .map(({ stable, candidate }) => ({
      stable: revision(service, ...stable),
      ...(candidate && { candidate: revision(service, ...candidate) }),
    }));
const subnet = fc
  .tuple(fc.integer({ min: 16, max: 24 }), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }))
  .map(([length, a, b]) => `10.${a}.${b}.7/${length}`);

const numberOf = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

describe("the addresses of a stack", () => {
  test("lie in its network, none of them twice, none of them the network's own", () => {
    fc.assert(
      fc.property(subnet, fc.tuple(...serviceNames.map(pairOf)), (subnet, pairs) => {
        const addresses = addressesIn(subnet);
        const given = [
          ...(["edge", "postgres", "prometheus", "alertmanager", "node-exporter"] as const).map(addresses.of),
          ...(["backup-save", "backup-check", "backup-vault"] as const).map(addresses.of),
          ...pairs.flatMap((pair) => Object.values(addresses.ofPair(pair))),
        ];
        expect(new Set(given).size).toBe(given.length);
        const [network = "", length] = subnet.split("/");
        const size = 2 ** (32 - Number(length));
        const first = Math.floor(numberOf(network) / size) * size;
        for (const address of given) {
          expect(numberOf(address)).toBeGreaterThan(first + 1); // the host's own
          expect(numberOf(address)).toBeLessThan(first + size - 1); // broadcast
        }
      }),
    );
  });

  test.each([
    ["172.29.0.0/16", "172.29.0.2"],
    ["10.77.3.0/24", "10.77.3.2"],
    ["10.77.3.9/20", "10.77.0.2"],
  ])("in %s begin with the edge at %s", (subnet, edge) => {
    expect(addressesIn(subnet).of("edge")).toBe(edge);
  });

  const { ofPair } = addressesIn("172.29.0.0/16");

  test("of a single service are two seats: a settled candidate takes the writer's", () => {
    const [one, two] = [revision("akosha", 1, "single"), revision("akosha", 2, "single")];
    expect(ofPair({ stable: one, candidate: two })).toEqual({ stable: "172.29.0.18", candidate: "172.29.0.19" });
    expect(ofPair({ stable: two })).toEqual({ stable: "172.29.0.18" });
  });

  test("of a revision of another service stay from candidate to stable", () => {
    const [one, two] = [revision("mahavishnu", 1, "sticky"), revision("mahavishnu", 2, "sticky")];
    expect(ofPair({ stable: two }).stable).toBe(ofPair({ stable: one, candidate: two }).candidate);
  });

  test("part where two revisions would have the same one", () => {
    const room = Math.floor((65536 - 1 - 32) / 3);
    const [one, two] = [revision("mahavishnu", 5, "sticky"), revision("mahavishnu", 5 + room, "sticky")];
    const { stable, candidate = "" } = ofPair({ stable: one, candidate: two });
    expect(numberOf(candidate)).toBe(numberOf(stable) + 1);
  });
});
