import { type ServiceName, serviceNames } from "../../../ecosystem/services.ts";
import type { Pair } from "../../deployment.ts";
import type { Revision } from "../../release/revision.ts";

/** What has one address of its own besides the services. The first address of the network is the host's. */
const residents = [
  ...["edge", "postgres", "prometheus", "alertmanager", "node-exporter"],
  ...["backup-save", "backup-check", "backup-vault"],
] as const;
export type Resident = (typeof residents)[number];

/** Where the residents, the two seats of each single service, and the revisions of the others begin. */
const FIRST = { resident: 2, seat: 16, revision: 32 };

/** The addresses in a stack's network: each never changes, because sessions carry it and the edge's files name it. */
export type Addresses = { of(resident: Resident): string; ofPair(pair: Pair): { stable: string; candidate?: string } };

/**
 * Shares out a network (`172.29.0.0/16`). A single service has two seats, one for the writer and one for whoever is on
 * trial. A revision of another service keeps its address from candidate to stable, so it follows from its id alone; only
 * where that is the stable's too the candidate takes the next one, and gives it up, by a restart, when it is settled.
 * In a network of 16 bits that is one promotion in twenty thousand.
 */
export function addressesIn(subnet: string): Addresses {
  const [network = "", length = ""] = subnet.split("/");
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(numberOf(network) / size) * size;
  // the last address of a network is its broadcast address
  const room = Math.floor((size - 1 - FIRST.revision) / serviceNames.length);
  const seat = (service: ServiceName, index: 0 | 1) => first + FIRST.seat + 2 * serviceNames.indexOf(service) + index;
  const slot = ({ id }: Revision, after = 0) => (Number.parseInt(id.slice(-10), 16) + after) % room;
  const ofSlot = (service: ServiceName, slot: number) =>
    first + FIRST.revision + room * serviceNames.indexOf(service) + slot;
  const addressOf = (revision: Revision, stable?: Revision) => {
    const { service, sessions } = revision;
    if (sessions === "single") return seat(service, stable ? 1 : 0);
    const taken = stable && stable.sessions !== "single" && slot(stable) === slot(revision);
    return ofSlot(service, slot(revision, taken ? 1 : 0));
  };
  return {
    of: (resident) => textOf(first + FIRST.resident + residents.indexOf(resident)),
    ofPair: ({ stable, candidate }) => ({
      stable: textOf(addressOf(stable)),
      ...(candidate && { candidate: textOf(addressOf(candidate, stable)) }),
    }),
  };
}

const numberOf = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const textOf = (number: number): string => [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
