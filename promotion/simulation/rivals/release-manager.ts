import { type Rival, standing } from "./rival.ts";

const STEPS = [5, 20, 50, 80, 100];
/** Minimum time at each share, and window of the error rate, in seconds. */
const WAIT = 1800;
const WINDOW = 1800;
const MAX_ERROR_RATE = 0.01;

/**
 * Cloud Run Release Manager with its defaults (GoogleCloudPlatform/cloud-run-release-manager, `internal/rollout`, `cmd/operator`): every minute
 * more than 1 % errors rolls back, and no requests count as no errors; shifts are half an hour apart, and it is done after 100 %.
 */
function model(rule: string, lag: number): Rival {
  return {
    rule,
    models: `${STEPS.join("/")} %, 30 min each; rolls back when over 1 % of the last 30 min failed, checked every minute, metrics ${lag / 60} min late`,
    looks: { every: 60, window: WINDOW, lag },
    start: standing(STEPS[0] as number),
    decide: (now, { at, requests, failures }) => {
      if (failures > MAX_ERROR_RATE * requests) return { ...now, share: 0, result: "rolled-back" };
      if (at - now.shiftedAt < WAIT) return now;
      const share = STEPS.find((step) => step > now.share);
      return share === undefined ? { ...now, result: "promoted" } : { ...now, share, shiftedAt: at };
    },
  };
}

/** Cloud Monitoring may lag by up to three minutes: the best and the worst case. */
export const releaseManagerRules = [
  model("Release Manager +0 min (model)", 0),
  model("Release Manager +3 min (model)", 180),
];
