import { z } from "zod";
import type { Role } from "../ecosystem/role.ts";

/** The edge of a stack: the folder that Envoy watches, and the services behind it. */
export type EdgeSettings = z.infer<typeof edgeSettings>;
/** One service: the address that clients call, and the one or two revisions that can answer. */
export type EdgeService = z.infer<typeof edgeService>;
/** One revision of a service, and where its instances listen. */
export type EdgeRevision = z.infer<typeof edgeRevision>;
export type Address = z.infer<typeof address>;

/** Where the traffic of an edge stands: the share of new sessions that go to the candidates, in percent, and the ids of the revisions that drain or are gone. */
export type Position = z.infer<typeof position>;

/** An edge and where its traffic stands. */
export type Edge = z.infer<typeof edge>;

/** Where a promotion begins: everything on stable, the candidate reachable by its header alone. */
export const restingPosition: Position = { share: 0, draining: [], retired: [] };

/**
 * The settings, checked. Throws an error that lists every fault with its place: a session id carries the endpoint's address
 * and the clusters carry the revisions' ids, so both must be unique; addresses are IPv4, as Envoy writes them into the id.
 */
export function checkSettings(settings: unknown): EdgeSettings {
  const checked = edgeSettings.safeParse(settings);
  if (!checked.success) throw new Error(`the edge's settings are not valid:\n${z.prettifyError(checked.error)}`);
  return checked.data;
}

/** An edge as it was stored, checked like `checkSettings`; `where` names the file for the person who reads the error. */
export function checkEdge(stored: unknown, where: string): Edge {
  const checked = edge.safeParse(stored);
  if (!checked.success) throw new Error(`${where} does not describe an edge:\n${z.prettifyError(checked.error)}`);
  return checked.data;
}

/** The revisions of a service that the edge still serves, stable first. */
export function servedRevisions(service: EdgeService, { retired }: Position): { role: Role; revision: EdgeRevision }[] {
  return (["stable", "candidate"] as const).flatMap((role) => {
    const revision = service[role];
    return revision && !retired.includes(revision.id) ? [{ role, revision }] : [];
  });
}

/** The services that have a candidate. The share, a drain and a retirement are about these alone; the others keep their stable. */
export const onTrial = ({ services }: EdgeSettings) => services.filter(({ candidate }) => candidate);

/** Whether new sessions reach revisions of that role at that share. */
export const takesNewSessions = (role: Role, share: number) => (role === "stable" ? share < 100 : share > 0);

/** Names become file names, cluster names and tag values, so they are kept plain. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, dashes and underscores only");

const address = z.object({ address: z.ipv4(), port: z.int().min(1).max(65535) });

const edgeRevision = z.object({ id: name, endpoints: z.array(address).min(1) });

const edgeService = z.object({ name, listen: address, stable: edgeRevision, candidate: edgeRevision.exactOptional() });

const edgeSettings = z
  .object({ folder: z.string().min(1), services: z.array(edgeService).min(1) })
  .superRefine(({ services }, context) => {
    const revisions = services.flatMap(({ stable, candidate }) => (candidate ? [stable, candidate] : [stable]));
    const unique = (what: string, values: string[]) => {
      for (const value of new Set(values.filter((value, index) => values.indexOf(value) !== index))) {
        context.addIssue({ code: "custom", path: ["services"], message: `${what} ${value} stands there twice` });
      }
    };
    unique(
      "the service",
      services.map(({ name }) => name),
    );
    unique(
      "the listening address",
      services.map(({ listen }) => `${listen.address}:${listen.port}`),
    );
    unique(
      "the revision",
      revisions.map(({ id }) => id),
    );
    unique(
      "the endpoint",
      revisions.flatMap(({ endpoints }) => endpoints.map(({ address, port }) => `${address}:${port}`)),
    );
  });

const position = z.object({ share: z.number().min(0).max(100), draining: z.array(name), retired: z.array(name) });

const edge = z.object({ settings: edgeSettings, position });
