import { z } from "zod";
import { secretNames } from "../../ecosystem/secrets.ts";
import { serviceNames } from "../../ecosystem/services.ts";
import { contentDigest } from "./digest.ts";

const byName = z.record(z.string(), z.string());

/**
 * A proxy beside the service that adds its identity token to what it calls there: Cloud Run asks for one, and the servers
 * send none. The service calls `port` on loopback; the proxy calls `url` with a token for `audience`.
 */
const identityProxy = z.strictObject({
  image: z.string().min(1),
  peers: z
    .array(z.strictObject({ service: z.enum(serviceNames), port: z.int(), url: z.url(), audience: z.url() }))
    .min(1),
});

/**
 * One immutable way to run a service: everything a target needs to know of it, so that it can be run again at any time.
 * Environment values may hold `{database.host}`, which only the target knows; secrets are named, never held.
 */
const frozen = z.strictObject({
  service: z.enum(serviceNames),
  image: z.string().min(1),
  command: z.array(z.string()).min(1),
  port: z.int(),
  path: z.string(),
  health: z.string(),
  metrics: z.string(),
  environment: byName,
  secrets: z.record(z.string(), z.enum(secretNames as [(typeof secretNames)[number], ...typeof secretNames])),
  files: byName,
  state: z.string(),
  scratch: z.array(z.string()),
  sessions: z.enum(["stateless", "sticky", "single"]),
  cpu: z.number(),
  memoryMi: z.int(),
  instances: z.strictObject({ min: z.int(), max: z.int() }),
  startupSeconds: z.int(),
  stopSeconds: z.int(),
  identityProxy: identityProxy.exactOptional(),
});

export const revisionSchema = frozen.extend({ id: z.string() });

/** What is frozen of a revision, and the revision with its id. */
export type Frozen = z.infer<typeof frozen>;
export type Revision = z.infer<typeof revisionSchema>;
export type IdentityProxy = z.infer<typeof identityProxy>;

/** Gives a revision its id, `<service>-<hash of all that is frozen>`: equal content has an equal id. */
export const freeze = (content: Frozen): Revision => ({ id: revisionId(content), ...content });

/** The id that this content must have. */
export const revisionId = (content: Frozen): string =>
  `${content.service}-${contentDigest(frozen.parse(content)).slice(0, 10)}`;

/** The frozen part of a revision. */
export function contentOf({ id: _, ...content }: Revision): Frozen {
  return content;
}
