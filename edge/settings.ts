import { z } from "zod";
import type { Role } from "../ecosystem/role.ts";

/** The edge of a stack: the folder that Envoy watches, the services behind it, and how it stands towards its clients. */
export type EdgeSettings = z.infer<typeof edgeSettings>;
/** The same, where an instance may be known by its name alone. `resolveEdge` finds the addresses. */
export type NamedEdgeSettings = z.infer<typeof namedSettings>;
/** One service: the address that clients call, and the one or two revisions that can answer. */
export type EdgeService = EdgeSettings["services"][number];
/** One revision of a service, and where its instances listen. */
export type EdgeRevision = EdgeService["stable"];
export type Address = z.infer<typeof address>;
/** How much one client may ask for. */
export type Limits = z.infer<typeof limits>;
/** The files that hold the certificate (with its chain) and its key, in PEM. Envoy follows their renewal. */
export type Tls = z.infer<typeof tls>;

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
export const checkSettings = (settings: unknown): EdgeSettings => checked(edgeSettings, settings);

/** The settings with names, checked likewise. */
export const checkNamedSettings = (settings: unknown): NamedEdgeSettings => checked(namedSettings, settings);

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

function checked<Output>(schema: z.ZodType<Output>, settings: unknown): Output {
  const checked = schema.safeParse(settings);
  if (!checked.success) throw new Error(`the edge's settings are not valid:\n${z.prettifyError(checked.error)}`);
  return checked.data;
}

/** Names become file names, cluster names and tag values, so they are kept plain. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, dashes and underscores only");

const port = z.int().min(1).max(65535);

const address = z.object({ address: z.ipv4(), port });

const namedAddress = z.object({ host: z.hostname(), port });

/** Each client may send `burst` calls at once and `perMinute` in the long run, and has `perHour` in hand besides that come back over an hour. */
const limits = z
  .strictObject({
    perMinute: z.int().min(1).max(6000),
    burst: z.int().min(1).max(6000),
    perHour: z.int().min(1).max(360_000),
    /** The clients that have no limits: the services' own calls of each other. */
    exempt: z.array(z.union([z.cidrv4(), z.cidrv6()])),
    /** How many edges share the clients among them; each allows its part. 1 where nothing is said. */
    replicas: z.int().min(1).max(100).exactOptional(),
  })
  .refine(({ burst, perHour }) => burst <= perHour, { path: ["perHour"], error: "must be at least the burst" });

const tls = z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) });

const services = <Endpoints extends z.ZodType>(endpoints: Endpoints) => {
  const revision = z.object({ id: name, endpoints });
  return z.array(z.object({ name, listen: address, stable: revision, candidate: revision.exactOptional() })).min(1);
};

/** What may be left out is then as the rehearsal has it. */
const common = {
  folder: z.string().min(1),
  limits: limits.exactOptional(),
  /** How many proxies before the edge tell the client's address; none where nothing is said: clients connect directly. */
  trustedHops: z.int().min(0).max(5).exactOptional(),
  /** Where the request log goes; into the folder where nothing is said. */
  accessLog: z.enum(["file", "stdout"]).exactOptional(),
  /** Where the edge tells its health and its counters; nowhere where nothing is said. */
  metrics: address.exactOptional(),
  tls: tls.exactOptional(),
};

type Distinct = {
  services: { name: string; listen: object; stable: Instances; candidate?: Instances }[];
  metrics?: object;
};
type Instances = { id: string; endpoints: object[] };

const distinct = ({ services, metrics }: Distinct, context: z.RefinementCtx) => {
  const revisions = services.flatMap(({ stable, candidate }) => (candidate ? [stable, candidate] : [stable]));
  const text = (address: object) => Object.values(address).join(":");
  const unique = (what: string, values: string[]) => {
    for (const value of new Set(values.filter((value, index) => values.indexOf(value) !== index))) {
      context.addIssue({ code: "custom", path: ["services"], message: `${what} ${value} stands there twice` });
    }
  };
  unique(
    "the service",
    services.map(({ name }) => name),
  );
  unique("the listening address", [...services.map(({ listen }) => listen), ...(metrics ? [metrics] : [])].map(text));
  unique(
    "the revision",
    revisions.map(({ id }) => id),
  );
  unique("the endpoint", revisions.flatMap(({ endpoints }) => endpoints).map(text));
};

/** A revision may be without instances for a while, and the edge goes on for the others. */
const edgeSettings = z.strictObject({ ...common, services: services(z.array(address)) }).superRefine(distinct);

const namedSettings = z
  .strictObject({ ...common, services: services(z.array(z.union([address, namedAddress])).min(1)) })
  .superRefine(distinct);

const position = z.object({ share: z.number().min(0).max(100), draining: z.array(name), retired: z.array(name) });

const edge = z.object({ settings: edgeSettings, position });
