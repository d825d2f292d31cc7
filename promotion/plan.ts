import { z } from "zod";
import { objectives } from "../ecosystem/objectives.ts";
import type { Fraction, Percent, Seconds } from "../ecosystem/units.ts";

const seconds = (schema = z.number().nonnegative()): z.ZodType<Seconds, Seconds> => schema;
const percent = (schema: z.ZodNumber): z.ZodType<Percent, Percent> => schema;
const fraction = (schema: z.ZodNumber): z.ZodType<Fraction, Fraction> => schema;
const positive = z.number().positive();

const stepSchema = z.strictObject({
  share: percent(positive.max(100)),
  maxErrorRate: fraction(positive.lt(0.9)),
  minDuration: seconds(),
  maxDuration: seconds(positive),
});

/** The fields of a plan; a journal contains one too. */
export const planSchema = z.strictObject({
  name: z.string().min(1),
  poll: seconds(positive.max(60)),
  steps: z.array(stepSchema).min(1),
  margin: fraction(positive.lt(0.5)),
  bake: z.array(z.strictObject({ for: seconds(), poll: seconds(positive.max(60)) })),
  drain: seconds(),
  holdTimeouts: z.strictObject({ outage: seconds(), silence: seconds(), data: seconds() }),
});

/** One step: the share of new sessions, the failure rate (a fraction) that must be certified, and its floor and deadline in seconds. */
export type Step = z.infer<typeof stepSchema>;

/**
 * The course of a promotion, all times in seconds: the steps, the poll interval, the margin, the bake after 100 % (periods with their own
 * poll intervals), the drain limit for old sessions, and how long a hold waits for an outage to end, the source to answer, or requests to arrive.
 */
export type Plan = z.infer<typeof planSchema>;

/** Sized so that each step takes about as long to certify as the previous one. */
const climb = [
  { share: 10, maxErrorRate: 0.01 },
  { share: 25, maxErrorRate: 0.005 },
  { share: 50, maxErrorRate: 0.002 },
  { share: 100, maxErrorRate: objectives.errorRatio },
];

/**
 * When stable itself fails too often for a candidate like it to be certified below a step's rate, the candidate may exceed stable's failure
 * rate by less than this (a fraction). Half of what the first step tolerates (1 %): halving the tolerated effect is the convention for
 * the margin of a non-inferiority trial (FDA, "Non-Inferiority Clinical Trials to Establish Effectiveness", 2016, section IV).
 */
const MARGIN = 0.005;

/** Seconds between polls: with five instead of one, a dead candidate would fail more requests than promised. */
const POLL = 1;

/** The named plans. */
export const plans: Record<"evidence" | "rehearsal" | "report", Plan> = {
  evidence: {
    name: "evidence",
    poll: POLL,
    steps: climb.map((step) => ({ ...step, minDuration: 30, maxDuration: 1800 })),
    margin: MARGIN,
    bake: [{ for: 60, poll: POLL }],
    drain: 300,
    holdTimeouts: { outage: 300, silence: 120, data: 600 },
  },
  rehearsal: {
    name: "rehearsal",
    poll: POLL,
    steps: climb.map((step) => ({ ...step, minDuration: 10, maxDuration: 600 })),
    margin: MARGIN,
    bake: [{ for: 20, poll: POLL }],
    drain: 10,
    holdTimeouts: { outage: 30, silence: 120, data: 60 },
  },
  // the status report's procedure: an hour at 10 %, then 100 %; a bake of one day, the first half hour polled closely
  report: {
    name: "report",
    poll: POLL,
    steps: climb.map((step, i) => ({ ...step, minDuration: i === 0 ? 3600 : 30, maxDuration: i === 0 ? 7200 : 3600 })),
    margin: MARGIN,
    bake: [
      { for: 1800, poll: POLL },
      { for: 84_600, poll: 10 },
    ],
    drain: 3600,
    holdTimeouts: { outage: 900, silence: 900, data: 3600 },
  },
};

/** An invalid plan; the message lists every problem. */
export class PlanError extends Error {}

const overridesSchema = z
  .looseObject({ extends: z.enum(["evidence", "rehearsal", "report"]).default("evidence") })
  .transform(({ extends: base, ...rest }) => ({ ...plans[base], ...rest }));

/** Keys of plans by the names that they had before. */
const RENAMED: Record<string, string> = {
  floor: "minDuration",
  bound: "maxErrorRate",
  deadline: "maxDuration",
  watch: "bake",
  patience: "holdTimeouts",
};

/** Every renamed key in a plan or its steps, with its new name. */
function renamed(content: unknown): string[] {
  const objectIn = (value: unknown) => (typeof value === "object" && value !== null ? value : {});
  const { steps } = objectIn(content) as { steps?: unknown };
  const places = [
    ["", content] as const,
    ...(Array.isArray(steps) ? steps : []).map((one, i) => [`steps.${i}.`, one] as const),
  ];
  return places.flatMap(([path, value]) =>
    Object.keys(objectIn(value)).flatMap((key) =>
      Object.hasOwn(RENAMED, key) ? [`${path}${key}: the key is ${RENAMED[key]} now`] : [],
    ),
  );
}

/**
 * Parses a plan file: any keys of a `Plan`, the others from the named plan that it `extends` (default "evidence").
 * Throws a PlanError that lists every renamed key with its new name, or else every unknown key, every
 * number out of range, and shares that do not rise to exactly 100.
 */
export function parsePlan(content: unknown, file: string): Plan {
  const old = renamed(content);
  if (old.length > 0) throw new PlanError(`${file} has keys of an older format.\n  ${old.join("\n  ")}\n${example}`);
  const parsed = overridesSchema.pipe(planSchema).safeParse(content);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`);
    throw new PlanError(`${file} is not a valid plan.\n  ${problems.join("\n  ")}\n${example}`);
  }
  const problems = impossible(parsed.data);
  if (problems.length > 0) throw new PlanError(`${file} is not a valid plan.\n  ${problems.join("\n  ")}\n${example}`);
  return parsed.data;
}

function impossible({ steps }: Plan): string[] {
  const problems = steps.flatMap(({ share, minDuration, maxDuration }, i) => {
    const before = steps[i - 1]?.share ?? 0;
    return [
      ...(share <= before
        ? [`steps.${i}.share: ${share} is not above the previous share, ${before}; shares must increase`]
        : []),
      ...(maxDuration <= minDuration
        ? [`steps.${i}.maxDuration: ${maxDuration} s is not longer than minDuration, ${minDuration} s`]
        : []),
    ];
  });
  const last = steps.at(-1)?.share;
  return last === 100 ? problems : [...problems, `steps: the last share is ${last}, but must be 100`];
}

const example = `Example: {"extends": "evidence", "steps": [{"share": 20, "maxErrorRate": 0.01, "minDuration": 30, "maxDuration": 900}, {"share": 100, "maxErrorRate": 0.001, "minDuration": 30, "maxDuration": 900}]}`;
