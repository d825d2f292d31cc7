import { z } from "zod";
import type { Observation } from "./metrics-source.ts";
import { planSchema } from "./plan.ts";
import type { Sample } from "./samples.ts";

/** The journal's format; a journal of any other format is rejected, never guessed at. */
export const FORMAT = 2;

const counts = z.strictObject({
  requests: z.int(),
  failures: z.int(),
  slow: z.int(),
  refused: z.int(),
  toolErrors: z.int(),
  unread: z.int(),
});
const revisionCounts = z.strictObject({
  user: counts,
  probe: counts,
  latency: z.array(z.int()).exactOptional(),
  clients: z.record(z.string(), counts).exactOptional(),
  kinds: z.record(z.string(), z.int()).exactOptional(),
});
const observation: z.ZodType<Observation> = z.discriminatedUnion("silent", [
  z.strictObject({
    silent: z.literal(false),
    since: z.string(),
    services: z.record(z.string(), z.strictObject({ stable: revisionCounts, candidate: revisionCounts })),
  }),
  z.strictObject({ silent: z.literal(true), why: z.string() }),
]);

const at = z.number();
const verdict = z.strictObject({
  kind: z.enum(["promote", "wait", "hold", "roll-back"]),
  reason: z.string(),
  cause: z.enum(["silence", "data", "outage", "deadline"]).nullable(),
  kinds: z.record(z.string(), z.int()).exactOptional(),
});
const sample: z.ZodType<Sample> = z.strictObject({
  at,
  service: z.string(),
  role: z.enum(["stable", "candidate"]),
  probe: z.boolean(),
  kind: z.string(),
  code: z.int().nullable(),
  flags: z.string().nullable(),
  rpcCode: z.int().nullable(),
  method: z.string(),
  tool: z.string(),
  client: z.string(),
});

const revisions = z.array(
  z.strictObject({
    service: z.string(),
    stable: z.string(),
    candidate: z.string(),
    versions: z.strictObject({ stable: z.string(), candidate: z.string() }).exactOptional(),
  }),
);

/** The events of a promotion; each is one line of its journal, `at` in milliseconds since the epoch. */
export const eventSchema = z.discriminatedUnion("event", [
  z.strictObject({
    event: z.literal("begun"),
    format: z.literal(FORMAT),
    at,
    id: z.string(),
    plan: planSchema,
    revisions,
  }),
  z.strictObject({ event: z.literal("smoked"), at, passed: z.boolean(), reason: z.string() }),
  /** A share was read back as in force; `baseline` holds the counts at that moment. */
  z.strictObject({ event: z.literal("in-force"), at, share: z.number(), baseline: observation }),
  /** One poll's observation and its verdict; `samples` of failed requests when the verdict ends or holds the step. */
  z.strictObject({
    event: z.literal("judged"),
    at,
    seen: observation,
    verdict,
    samples: z.array(sample).exactOptional(),
  }),
  /** The share in force differs from the one that the promoter set. */
  z.strictObject({ event: z.literal("moved"), at, share: z.number() }),
  /** A person ordered a rollback. */
  z.strictObject({ event: z.literal("ordered-back"), at, reason: z.string() }),
  /** An interrupted or held promotion resumes; `note` names the previous lease holder. */
  z.strictObject({ event: z.literal("resumed"), at, note: z.string() }),
  z.strictObject({ event: z.literal("drained"), at, ended: z.enum(["quiet", "limit"]), openRequests: z.int() }),
  z.strictObject({ event: z.literal("retired"), at }),
]);

export type Event = z.infer<typeof eventSchema>;
export type Begun = Extract<Event, { event: "begun" }>;
