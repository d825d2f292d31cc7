/** Users' sessions on one revision: how many were opened, and how many ended early although nobody ended them. */
export type SessionCounts = { opened: number; lost: number };

/** The error probability of the comparison, as of a step's certificate. */
const ALPHA = 0.05;

/**
 * True if the candidate lost more of its sessions than stable, beyond what chance explains with 95 % confidence.
 * Fisher's exact test, one-sided: given all lost sessions, how likely is it that so many of them fall on the candidate.
 */
export function losesMore({ stable, candidate }: { stable: SessionCounts; candidate: SessionCounts }): boolean {
  const lost = stable.lost + candidate.lost;
  const opened = stable.opened + candidate.opened;
  if (candidate.lost === 0) return false;
  const all = logChoose(opened, lost);
  let tail = 0;
  for (let k = candidate.lost; k <= Math.min(lost, candidate.opened); k++)
    tail += Math.exp(logChoose(candidate.opened, k) + logChoose(stable.opened, lost - k) - all);
  return tail <= ALPHA;
}

/** The logarithm of "n choose k"; impossible choices count as none. */
function logChoose(n: number, k: number): number {
  if (k > n) return Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
}
