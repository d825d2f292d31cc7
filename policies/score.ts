import type { CheckVerdict } from "./verdict.ts";

const points = { pass: 100, warn: 50, fail: 0 } as const;

/** The mean over the checks that apply: a pass is 100, a warning 50, a failure 0. */
export function scoreOf(verdicts: readonly CheckVerdict[]): number {
  const applying = verdicts.filter((verdict) => verdict !== "not-applicable");
  if (applying.length === 0) return 0;
  return applying.reduce((sum, verdict) => sum + points[verdict], 0) / applying.length;
}

export const bands = ["ready", "almost ready", "not ready", "critical"] as const;
export type Band = (typeof bands)[number];

export const bandOf = (score: number): Band =>
  score >= 90 ? "ready" : score >= 70 ? "almost ready" : score >= 50 ? "not ready" : "critical";
