import type { Counts, ServiceCounts } from "../../../promotion/counts.ts";
import {
  type Accusation,
  accusations,
  observeTrial,
  startTrial,
  type Trial,
} from "../../../promotion/evidence/candidate.ts";
import { seen } from "../fixtures.ts";

/** Polls one second apart, from the second `from` on. */
export function polls(trial: Trial, from: number, ...windows: ServiceCounts[]): Trial {
  return windows.reduce((now, counts, i) => observeTrial(now, { at: (from + i) * 1000, counts }), trial);
}

export const times = (count: number, window: ServiceCounts) => Array.from({ length: count }, () => window);
export const candidate = (user: Partial<Counts>) => seen({ candidate: { user } });
export const both = (stable: Partial<Counts>, candidate: Partial<Counts>) =>
  seen({ stable: { user: stable }, candidate: { user: candidate } });
export const healthy = (requests = 100) => both({ requests: 9 * requests }, { requests });
export const dead = both({ requests: 900 }, { requests: 100, failures: 100 });
export const outage = both({ requests: 900, failures: 900 }, { requests: 100, failures: 100 });
export const start = () => startTrial(0, 1);
export const charges = (trial: Trial) => accusations(trial).map(({ charge }) => charge);
export const against = (trial: Trial, charge: Accusation["charge"]) =>
  accusations(trial).find((one) => one.charge === charge);
