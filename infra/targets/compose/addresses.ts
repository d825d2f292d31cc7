import type { RevisionRole } from "../../../ecosystem/revision-role.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { Pair } from "../../deployment.ts";
import { sizeOf } from "../../release/host-numbers.ts";
import { ReleaseError } from "../../release/release.ts";
import type { Revision } from "../../release/revision.ts";

/** The containers besides the services that have a fixed address. The network's first address is the host's. */
const residents = [
  ...["edge", "postgres", "prometheus", "alertmanager", "node-exporter"],
  ...["backup-save", "backup-check", "backup-vault"],
] as const;
export type Resident = (typeof residents)[number];

/** The number of the first resident; revisions' numbers come after the residents', each frozen with its revision. */
const FIRST_RESIDENT = 2;

/** The addresses in a stack's network: they never change, because session ids and the edge's files contain them. */
export type Addresses = { of(resident: Resident): string; ofPair(pair: Pair): { stable: string; candidate?: string } };

/**
 * The addresses in a network (`172.29.0.0/16`). A revision keeps its own from candidate to stable. Only the candidate of a
 * single service has the next address: once settled it takes the writer's place and address. Throws a ReleaseError when two
 * revisions have the same address, or when one is outside the network.
 */
export function addressesIn(subnet: string, pairs: ReadonlyMap<ServiceName, Pair> = new Map()): Addresses {
  const first = firstOf(subnet);
  const place = ({ hostNumber = 0, sessions }: Revision, role: RevisionRole) =>
    first + hostNumber + (role === "candidate" && sessions === "single" ? 1 : 0);
  const placesOf = ({ stable, candidate }: Pair) => ({
    stable: place(stable, "stable"),
    ...(candidate && { candidate: place(candidate, "candidate") }),
  });
  checkPlaces(
    [...pairs.values()].flatMap((pair) => entriesOf(pair, placesOf(pair))),
    first + sizeOf(subnet) - 1,
    subnet,
  );
  return {
    of: (resident) => textOf(first + FIRST_RESIDENT + residents.indexOf(resident)),
    ofPair: (pair) => {
      const { stable, candidate } = placesOf(pair);
      return { stable: textOf(stable), ...(candidate !== undefined && { candidate: textOf(candidate) }) };
    },
  };
}

/**
 * A network without the host's own address, as a list of CIDRs. Docker's proxy makes outside callers appear under the
 * host's address, so it must not count as one of the stack's containers.
 */
export function withoutHost(subnet: string): string[] {
  const [, length = ""] = subnet.split("/");
  const host = firstOf(subnet) + 1;
  // for each prefix length, the sibling of the block that contains the host
  return Array.from({ length: 32 - Number(length) }, (_, bits) => {
    const size = 2 ** bits;
    const place = Math.floor(host / size);
    return `${textOf((place % 2 === 0 ? place + 1 : place - 1) * size)}/${32 - bits}`;
  });
}

type Places = { stable: number; candidate?: number };

const entriesOf = ({ stable, candidate }: Pair, places: Places) => [
  { id: stable.id, place: places.stable },
  ...(candidate && places.candidate !== undefined ? [{ id: candidate.id, place: places.candidate }] : []),
];

/** Releases created independently, on two branches, may have chosen the same address. */
function checkPlaces(all: readonly { id: string; place: number }[], last: number, subnet: string): void {
  const holders = new Map<number, string>();
  for (const { id, place } of all) {
    const other = holders.get(place);
    if (other !== undefined) {
      throw new ReleaseError(
        `${id} and ${other} have the address ${textOf(place)}: their releases were created independently. Create the newer one again: npx maha release new --retry`,
      );
    }
    if (place >= last) {
      throw new ReleaseError(
        `${id}: its address is outside compose.subnet ${subnet}, which was larger when its release was created. Restore the former subnet, or create a new release`,
      );
    }
    holders.set(place, id);
  }
}

/** The number of a network's own address. */
function firstOf(subnet: string): number {
  const [network = ""] = subnet.split("/");
  const size = sizeOf(subnet);
  return Math.floor(numberOf(network) / size) * size;
}

const numberOf = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const textOf = (number: number): string => [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
