import { type Rival, standing } from "./rival.ts";

type FlaggerSettings = { threshold: number; stepWeight: number; maxWeight: number };

/** Seconds between two checks; each covers the last minute. */
const INTERVAL = 60;
/** The threshold of the documentation's metric: 99 % of the requests succeed. */
const SUCCESS_RATE = 0.99;

/**
 * Flagger's canary analysis (fluxcd/flagger, `pkg/controller/scheduler.go`): it rolls back once the failed checks reach the threshold; a
 * check without requests also fails; failed checks never expire; a passed check raises the weight; past the last weight it promotes.
 */
function model(rule: string, { threshold, stepWeight, maxWeight }: FlaggerSettings): Rival {
  return {
    rule,
    models: `checks the last minute once a minute: 99 % must succeed; ${stepWeight} % more after each pass, up to ${maxWeight} %; rolls back after ${threshold} failed`,
    looks: { every: INTERVAL, window: INTERVAL, lag: 0 },
    start: standing(stepWeight),
    decide: (now, { at, requests, failures }) => {
      if (now.failedChecks >= threshold) return { ...now, share: 0, result: "rolled-back" };
      const passed = requests > 0 && 1 - failures / requests >= SUCCESS_RATE;
      if (!passed) return { ...now, failedChecks: now.failedChecks + 1 };
      if (now.share >= maxWeight) return { ...now, result: "promoted" };
      return { ...now, share: now.share + stepWeight, shiftedAt: at };
    },
  };
}

/** With its defaults (threshold 1, up to 100 %), and with its tutorials' settings. */
export const flaggerRules = [
  model("Flagger defaults (model)", { threshold: 1, stepWeight: 10, maxWeight: 100 }),
  model("Flagger tutorial (model)", { threshold: 5, stepWeight: 10, maxWeight: 50 }),
];
