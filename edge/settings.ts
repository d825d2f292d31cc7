import { z } from "zod";
import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Percent } from "../ecosystem/units.ts";

/** The edge of a stack: the folder that Envoy watches, the services behind it, and its limits, authentication and TLS. */
export type EdgeSettings = z.infer<typeof edgeSettings>;
/** One service: the address that clients call, and the one or two revisions that can answer. */
export type EdgeService = z.infer<typeof edgeService>;
/** One revision of a service, and where its instances listen. */
export type EdgeRevision = z.infer<typeof edgeRevision>;
export type Address = z.infer<typeof address>;
/** How much one client may ask for. */
export type Limits = z.infer<typeof limits>;
/** The files that hold the certificate (with its chain) and its key, in PEM. Envoy follows their renewal. */
export type Tls = z.infer<typeof tls>;
/** Who must prove who they are, and by what. */
export type Auth = z.infer<typeof auth>;

/** The traffic position of an edge: the share of new sessions that go to the candidates, in percent, and the ids of the revisions that drain or are gone. */
export type Position = z.infer<typeof position>;

/** An edge with its traffic position. */
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
  return checked(edge, stored, where);
}

/** Like `checkEdge`, for an edge whose endpoints may have host names: Envoy takes addresses only, so they are resolved first. */
export function checkNamedEdge(stored: unknown, where: string): Edge {
  return checked(namedEdge, stored, where);
}

/** The revisions of a service that the edge still serves, stable first. */
export function servedRevisions(
  service: EdgeService,
  { retired }: Position,
): { role: RevisionRole; revision: EdgeRevision }[] {
  return (["stable", "candidate"] as const).flatMap((role) => {
    const revision = service[role];
    return revision && !retired.includes(revision.id) ? [{ role, revision }] : [];
  });
}

/** The services that have a candidate. The share, a drain and a retirement are about these alone; the others keep their stable. */
export const withCandidate = ({ services }: EdgeSettings) => services.filter(({ candidate }) => candidate);

/** Whether new sessions reach revisions of that role at that share. */
export const takesNewSessions = (role: RevisionRole, share: Percent) => (role === "stable" ? share < 100 : share > 0);

/** Names become file names, cluster names and tag values, so they are kept plain. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, dashes and underscores only");

const port = z.int().min(1).max(65535);
const address = z.object({ address: z.ipv4(), port });

/** An endpoint that may have a host name, until it has to be connected to. */
const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const namedAddress = z.object({ address: z.string().regex(hostName, "neither a host name nor an IPv4 address"), port });

const revisionAt = (endpoint: typeof address | typeof namedAddress) =>
  z.object({ id: name, endpoints: z.array(endpoint).min(1) });
const edgeRevision = revisionAt(address);

const path = z.string().regex(/^(\/[\w.-]+)+$/, "a path like /mcp");

const serviceOf = (revision: typeof edgeRevision) =>
  z.object({
    name,
    listen: address,
    /** The path of its health check; `/healthz` by default. */
    health: z.string().startsWith("/").exactOptional(),
    stable: revision,
    candidate: revision.exactOptional(),
    /** A port for peers alone, without limits and without a proxy in front; network policy must keep others out. Optional. */
    peersListen: address.exactOptional(),
    /** The paths that are forwarded: prefixes, and exact paths for health. All paths when absent. */
    forwards: z.strictObject({ paths: z.array(path).min(1), health: z.array(path) }).exactOptional(),
  });
const edgeService = serviceOf(edgeRevision);

const network = z.union([z.cidrv4(), z.cidrv6()]);

/** Each client may send `burst` calls at once and `perMinute` in the long run, and has `perHour` in hand besides that come back over an hour. */
const limits = z
  .strictObject({
    perMinute: z.int().min(1).max(6000),
    burst: z.int().min(1).max(6000),
    perHour: z.int().min(1).max(360_000),
    /** The clients that have no limits: the services' own calls of each other. */
    exempt: z.array(network),
    /** How many edges share the clients among them; each enforces its part. 1 by default. */
    replicas: z.int().min(1).max(100).exactOptional(),
  })
  .refine(({ burst, perHour }) => burst <= perHour, { path: ["perHour"], error: "must be at least the burst" });

/** A host name or address without a port. */
const host = z
  .string()
  .regex(/^([\w-]+(\.[\w-]+)*|\[[\da-f:]+\])$/i, "a host name, an IPv4 address or an IPv6 address in brackets");

const tls = z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) });

/** Callers show a token (a JWT): signed by a key that the issuer publishes at `jwks`, for this audience, and not expired. */
const auth = z.strictObject({
  issuer: z.string().min(1),
  audience: z.string().min(1),
  jwks: z.url({ protocol: /^https$/, hostname: z.regexes.hostname }),
  /** The authorities that the server of the keys is known by, a file in PEM; the public ones by default. */
  ca: z.string().min(1).exactOptional(),
});

/** What is left out is then as the rehearsal has it. */
const settingsOf = (service: typeof edgeService) =>
  z
    .strictObject({
      folder: z.string().min(1),
      services: z.array(service).min(1),
      limits: limits.exactOptional(),
      /** The names of the edge: requests with another Host or a foreign Origin get 403. Not checked when absent. */
      hosts: z.array(host).min(1).exactOptional(),
      /** Number of trusted proxies before the edge that forward the client's address; 0 by default: clients connect directly. */
      trustedHops: z.int().min(0).max(5).exactOptional(),
      /** Destination of the request log; a file in the folder by default. */
      accessLog: z.enum(["file", "stdout"]).exactOptional(),
      /** Address of the edge's health check and metrics; none by default. */
      metrics: address.exactOptional(),
      tls: tls.exactOptional(),
      auth: auth.exactOptional(),
      /** The file with the preview token, a secret: a call that carries it may choose a revision by header and counts as a probe. In the folder by default. */
      previewTokenFile: z.string().min(1).exactOptional(),
      /** The services' own networks: who connects from there talks plain HTTP, and needs no token for what it asks itself. */
      peers: z.array(network).exactOptional(),
    })
    .superRefine(({ services, metrics }, context) => {
      const revisions = services.flatMap(({ stable, candidate }) => (candidate ? [stable, candidate] : [stable]));
      const listening = [
        ...services.flatMap(({ listen, peersListen }) => (peersListen ? [listen, peersListen] : [listen])),
        ...(metrics ? [metrics] : []),
      ];
      const text = ({ address, port }: Address) => `${address}:${port}`;
      const unique = (what: string, values: string[]) => {
        for (const value of new Set(values.filter((value, index) => values.indexOf(value) !== index))) {
          context.addIssue({ code: "custom", path: ["services"], message: `${what} ${value} is there twice` });
        }
      };
      unique(
        "the service",
        services.map(({ name }) => name),
      );
      unique("the listening address", listening.map(text));
      unique(
        "the revision",
        revisions.map(({ id }) => id),
      );
      unique("the endpoint", revisions.flatMap(({ endpoints }) => endpoints).map(text));
    });

const edgeSettings = settingsOf(edgeService);

const position = z.object({ share: z.number().min(0).max(100), draining: z.array(name), retired: z.array(name) });

const edge = z.object({ settings: edgeSettings, position });
const namedEdge = z.object({ settings: settingsOf(serviceOf(revisionAt(namedAddress))), position });

function checked<Schema extends z.ZodType>(schema: Schema, stored: unknown, where: string): z.infer<Schema> {
  const read = schema.safeParse(stored);
  if (!read.success) throw new Error(`${where} does not describe an edge:\n${z.prettifyError(read.error)}`);
  return read.data;
}
