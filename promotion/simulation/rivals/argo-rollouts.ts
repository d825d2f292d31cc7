import { type Rival, standing } from "./rival.ts";

type ArgoSettings = {
  weights: number[];
  /** Seconds at each weight. */
  pause: number;
  /** The second of the first measurement. */
  from: number;
  failureLimit: number;
};

/** Seconds between two measurements. */
const INTERVAL = 300;
/** The query is an `irate`: the last two scrapes, 15 s apart in the service mesh's Prometheus. */
const SCRAPE = 15;
const SUCCESS_RATE = 0.95;

/**
 * Argo Rollouts' canary with the documentation's `success-rate` template (argoproj/argo-rollouts, `docs/features/analysis.md`): more failed
 * measurements than the limit abort; otherwise the clock alone moves the weight, and the rollout is done after its last pause.
 */
function model(rule: string, { weights, pause, from, failureLimit }: ArgoSettings): Rival {
  return {
    rule,
    models: `${weights.join("/")} %, ${pause / 60} min each; 95 % of the last scrape must succeed, measured every ${INTERVAL / 60} min from minute ${from / 60} on; rolls back at failure ${failureLimit + 1}`,
    looks: { every: INTERVAL, window: SCRAPE, lag: 0 },
    start: standing(weights[0] as number),
    decide: (now, { at, requests, failures }) => {
      // without requests the rate is 0/0, which meets no condition: a failed measurement
      const failed = at >= from && !(1 - failures / requests >= SUCCESS_RATE);
      const failedChecks = now.failedChecks + (failed ? 1 : 0);
      if (failedChecks > failureLimit) return { ...now, failedChecks, share: 0, result: "rolled-back" };
      const share = weights[Math.floor(at / pause)];
      if (share === undefined) return { ...now, failedChecks, share: 100, result: "promoted" };
      return { ...now, failedChecks, share, shiftedAt: share === now.share ? now.shiftedAt : at };
    },
  };
}

/** The documentation's background analysis, and its inline analysis. */
export const argoRules = [
  model("Argo background (model)", { weights: [20, 40, 60, 80], pause: 600, from: 600, failureLimit: 3 }),
  model("Argo inline (model)", { weights: [20], pause: 300, from: 300, failureLimit: 0 }),
];
