import type { Counts, ServiceCounts } from "../../../promotion/counts.ts";
import {
  type Accusation,
  accusations,
  type CandidateEvidence,
  observeEvidence,
  startEvidence,
} from "../../../promotion/evidence/candidate.ts";
import { seen } from "../fixtures.ts";

/** Polls one second apart, from the second `from` on. */
export function polls(evidence: CandidateEvidence, from: number, ...windows: ServiceCounts[]): CandidateEvidence {
  return windows.reduce((now, counts, i) => observeEvidence(now, { at: (from + i) * 1000, counts }), evidence);
}

export const times = (count: number, window: ServiceCounts) => Array.from({ length: count }, () => window);
export const candidate = (user: Partial<Counts>) => seen({ candidate: { user } });
export const both = (stable: Partial<Counts>, candidate: Partial<Counts>) =>
  seen({ stable: { user: stable }, candidate: { user: candidate } });
export const healthy = (requests = 100) => both({ requests: 9 * requests }, { requests });
export const dead = both({ requests: 900 }, { requests: 100, failures: 100 });
export const outage = both({ requests: 900, failures: 900 }, { requests: 100, failures: 100 });
export const start = () => startEvidence(0, 1, 0.005);
export const charges = (evidence: CandidateEvidence) => accusations(evidence).map(({ charge }) => charge);
export const against = (evidence: CandidateEvidence, charge: Accusation["charge"]) =>
  accusations(evidence).find((one) => one.charge === charge);
