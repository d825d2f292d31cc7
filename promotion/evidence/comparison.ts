import type { Fraction } from "../../ecosystem/units.ts";
import type { Counts, ServiceCounts } from "../counts.ts";
import { logRobust, observeViews, startViews, type Views } from "./clients.ts";
import { NoWorse } from "./no-worse.ts";
import type { BinomialSample } from "./two-sample.ts";

/** The claims a comparison can prove: the candidate fails no more than stable plus the margin, or less than stable. */
export type Claim = "noWorse" | "better";

type Proofs = Record<Claim, NoWorse>;

/** The candidate compared with stable in one step. Users are compared with users and probes with probes; the evidence is the product. */
export type Comparison = { users: Views<Proofs>; probes: Proofs };

/** A comparison before its first poll; `margin` is a fraction. */
export const startComparison = (margin: Fraction): Comparison => {
  const proofs = { noWorse: new NoWorse(margin), better: new NoWorse(0) };
  return { users: startViews(proofs), probes: proofs };
};

/** The comparison for the next step: no evidence yet, but the bets keep what is known of stable's rate. */
export const restartComparison = ({ users, probes }: Comparison): Comparison => ({
  users: startViews(restarted(users[""] as Proofs)),
  probes: restarted(probes),
});

/** Adds one poll; refused requests prove nothing and are left out. */
export const observeComparison = ({ users, probes }: Comparison, counts: ServiceCounts): Comparison => ({
  users: observeViews(users, counts, (proofs, { stable, candidate }) =>
    observed(proofs, { stable: served(stable.user), candidate: served(candidate.user) }),
  ),
  probes: observed(probes, { stable: served(counts.stable.probe), candidate: served(counts.candidate.probe) }),
});

/** The logarithm of the evidence for a claim from users' and probes' requests; it holds without any one of the clients `inUse`. */
export const evidenceFor = ({ users, probes }: Comparison, claim: Claim, inUse: readonly string[]): number =>
  logRobust(users, inUse, (proofs) => proofs[claim].logEValue + probes[claim].logEValue);

/** The same from the users' requests alone. */
export const usersEvidenceFor = ({ users }: Comparison, claim: Claim, inUse: readonly string[]): number =>
  logRobust(users, inUse, (proofs) => proofs[claim].logEValue);

/** Counts for a certificate: requests that were served or failed. A refusal proves nothing. */
export const served = ({ requests, refused, failures }: Counts): BinomialSample => ({
  requests: requests - refused,
  failures,
});

const restarted = ({ noWorse, better }: Proofs): Proofs => ({
  noWorse: noWorse.restarted(),
  better: better.restarted(),
});

function observed({ noWorse, better }: Proofs, samples: { stable: BinomialSample; candidate: BinomialSample }): Proofs {
  const next = { noWorse: new NoWorse(noWorse.margin, noWorse), better: new NoWorse(0, better) };
  next.noWorse.observe(samples);
  next.better.observe(samples);
  return next;
}
