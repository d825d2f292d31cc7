import { z } from "zod";
import type { Secret } from "../../ecosystem/secrets.ts";
import type { ServiceName } from "../../ecosystem/services.ts";
import type { SessionModel } from "../../ecosystem/targets.ts";
import type { MiB, Seconds } from "../../ecosystem/units.ts";
import { contentDigest } from "./digest.ts";

/** How PostgreSQL is reached. */
export type Database = {
  host: string;
  port: number;
  name: string;
  user: string;
  sslMode: "require" | "verify-full" | "disable";
};

/**
 * A proxy beside the service that adds its identity token to what it calls there: Cloud Run asks for one, and the servers
 * send none. The service calls `port` on loopback; the proxy calls `url` with a token for `audience`.
 */
export type IdentityProxy = {
  image: string;
  peers: { service: ServiceName; port: number; url: string; audience: string }[];
};

/**
 * One immutable way to run a service: everything that shapes how it runs, independent of later changes to `ecosystem/` and
 * the settings. Environment values may contain `{database.host}`, which only the target knows; secrets are named, never
 * included.
 */
export type Frozen = {
  service: ServiceName;
  /** The number of the attempt to run this content; undefined for the first one. */
  attempt?: number;
  image: string;
  command: string[];
  port: number;
  path: string;
  health: string;
  metrics: string;
  environment: Record<string, string>;
  /** Secrets by environment variable. */
  secrets: Record<string, Secret>;
  files: Record<string, string>;
  /** Where it writes, and whether users' data is kept there or in the database. */
  state: string;
  data: "volume" | "database";
  scratch: string[];
  sessions: SessionModel;
  cpu: number;
  memoryMi: MiB;
  instances: { min: number; max: number };
  startupSeconds: Seconds;
  stopSeconds: Seconds;
  /** The services that it calls through the edge, with their ports. */
  peers: { service: ServiceName; port: number }[];
  /** Whether it calls the internet. */
  internet: boolean;
  /** The collector's address; null if it exports no traces. */
  collector: string | null;
  /** Its database with the secrets for the role's password and for the whole URL; null without one. */
  database: (Database & { password: Secret; url: Secret | null }) | null;
  /** Its host number in the Docker host's network; only for compose. */
  hostNumber?: number;
  identityProxy?: IdentityProxy;
};

export type Revision = Frozen & { id: string };

/** The fields that reading a release checks; the digest covers the rest. */
export const revisionSchema = z.looseObject({ id: z.string(), service: z.string(), image: z.string() });

/** Gives a revision its id, `<service>-<hash of all that is frozen>`: equal content has an equal id. */
export const freeze = (content: Frozen): Revision => ({ id: revisionId(content), ...content });

/** The id that this content must have. */
export const revisionId = (content: Frozen): string => `${content.service}-${contentDigest(content).slice(0, 10)}`;

/** The frozen part of a revision. */
export function contentOf({ id: _, ...content }: Revision): Frozen {
  return content;
}
