import { z } from "zod";
import { objectives } from "../../ecosystem/objectives.ts";
import { retention } from "../../ecosystem/retention.ts";
import { secretNamed } from "../../ecosystem/secrets.ts";
import { services } from "../../ecosystem/services.ts";

/** An objection to the stack from a result: a failure, or a warning if the result is only weak. */
export type Objection = { verdict: "warn" | "fail"; reason: string };

/** One kind of evidence: a fact that no resource can show. */
type EvidenceType<Result> = {
  /** Its name for people. */
  what: string;
  /** What it is about: each service's image, or the running stack. */
  about: "images" | "stack";
  /** Hours until it is stale; undefined if it stays valid as long as its image. */
  hours: number | undefined;
  /** How to obtain it. */
  obtain: string;
  result: z.ZodType<Result>;
  /** The objection to the stack; undefined if there is none. */
  objection: (result: Result) => Objection | undefined;
};

const kind = <Result>(described: EvidenceType<Result>): EvidenceType<Result> => described;
const fails = (broken: boolean, reason: string): Objection | undefined =>
  broken ? { verdict: "fail", reason } : undefined;
const count = z.int().min(0);
const day = 24;
const listed = (secrets: [string, string][]): string =>
  secrets.map(([name, verdict]) => `${name} is ${verdict}`).join(", ");
/** The secrets that every stack's services read, except those that the program derives. */
const needed = [...new Set(services.flatMap(({ secrets }) => Object.values(secrets)))].filter(
  (name) => secretNamed(name).origin !== "derived",
);

/** The kinds of evidence. */
export const kinds = {
  "security-audit": kind({
    what: "security audit",
    about: "images",
    // security updates are monthly (maintenance guide)
    hours: 31 * day,
    obtain: "npx maha evidence audit",
    result: z.strictObject({
      scanner: z.string().min(1),
      packages: z.int().min(1),
      critical: count,
      high: count,
      medium: count,
      low: count,
      /** Without a rating: treated as high. */
      unrated: count,
      /** The lock files that were scanned, each with the digest of its content. */
      locks: z.record(z.string(), z.string().regex(/^sha256:[0-9a-f]{64}$/)),
      findings: z.array(z.strictObject({ id: z.string(), severity: z.string(), where: z.string() })),
    }),
    objection: ({ critical, high, unrated }) =>
      fails(
        critical + high + unrated > 0,
        `it found ${critical} critical, ${high} high and ${unrated} unrated problems`,
      ),
  }),
  "unit-tests": kind({
    what: "unit tests of the commit behind the image",
    about: "images",
    hours: undefined,
    obtain: "npx maha evidence add unit-tests",
    result: z.strictObject({
      commit: z.string().regex(/^[0-9a-f]{40}$/, "the full commit"),
      passed: z.int().min(1),
      failed: count,
      /** Percent of the lines. */
      coverage: z.number().min(0).max(100),
    }),
    objection({ failed, coverage }) {
      if (failed > 0) return { verdict: "fail", reason: `${failed} tests failed` };
      if (coverage < 60) return { verdict: "fail", reason: "coverage is below 60 %" };
      return coverage < 80 ? { verdict: "warn", reason: "coverage is below 80 %" } : undefined;
    },
  }),
  smoke: kind({
    what: "smoke test in staging",
    about: "images",
    hours: undefined,
    obtain: "npx maha evidence add smoke",
    // what `npx maha smoke --json` prints
    result: z.object({
      passed: count,
      failed: count,
      skipped: count,
      tests: z.array(z.object({ id: z.int(), verdict: z.enum(["pass", "fail", "skip"]) })).length(8),
    }),
    objection: ({ passed, failed }) =>
      fails(failed > 0, `${failed} smoke tests failed`) ?? fails(passed === 0, "no smoke test passed"),
  }),
  secrets: kind({
    what: "valid secret forms",
    about: "stack",
    hours: retention.secretDays * day,
    obtain: "npx maha secrets check --json, then npx maha evidence add secrets",
    // what `npx maha secrets check --json` prints
    result: z.object({
      stack: z.string(),
      secrets: z.array(z.object({ name: z.string(), verdict: z.string() })).min(1),
    }),
    objection({ secrets: judged }) {
      const found = new Map(judged.map(({ name, verdict }) => [name, verdict]));
      const bad = [...found].filter(([, verdict]) => ["missing", "malformed", "unchecked"].includes(verdict));
      if (bad.length > 0) return { verdict: "fail", reason: listed(bad) };
      const uncovered = needed.filter((name) => !found.has(name));
      if (uncovered.length > 0) return { verdict: "fail", reason: `it does not cover ${uncovered.join(", ")}` };
      const late = [...found].filter(([, verdict]) => !["ok", "kept"].includes(verdict));
      return late.length > 0 ? { verdict: "warn", reason: listed(late) } : undefined;
    },
  }),
  backup: kind({
    what: "last successful backup",
    about: "stack",
    hours: objectives.recoveryPointHours,
    obtain: "npx maha evidence add backup",
    result: z.strictObject({ snapshot: z.string().min(1), bytes: count, checked: z.boolean() }),
    objection: ({ bytes, checked }) =>
      fails(bytes === 0, "the backup is empty") ?? fails(!checked, "the repository was not checked after the backup"),
  }),
  "restore-drill": kind({
    what: "restore drill",
    about: "stack",
    // restore drills are monthly (recovery runbook)
    hours: 30 * day,
    obtain: "npx maha evidence add restore-drill",
    result: z.strictObject({
      snapshot: z.string().min(1),
      matches: z.boolean(),
      seconds: count,
      ageHours: z.number().min(0),
    }),
    objection: ({ matches, seconds, ageHours }) =>
      fails(!matches, "the restored data does not match the backup") ??
      fails(
        seconds > objectives.recoveryTimeHours * 3600,
        `the restore took longer than ${objectives.recoveryTimeHours} h`,
      ) ??
      fails(
        ageHours > objectives.recoveryPointHours,
        `the restored data was older than ${objectives.recoveryPointHours} h`,
      ),
  }),
  pager: kind({
    what: "a test page that reached on-call",
    about: "stack",
    // failover drills are quarterly (recovery runbook); the pager is tested as often
    hours: 92 * day,
    obtain: "npx maha evidence add pager",
    result: z.strictObject({ receiver: z.string().min(1), acknowledged: z.boolean(), seconds: count }),
    objection: ({ acknowledged }) => fails(!acknowledged, "the page was not acknowledged"),
  }),
} as const;

export type EvidenceKind = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as EvidenceKind[];
