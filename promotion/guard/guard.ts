import type { Clock } from "../clock.ts";
import { checkLease, type Holder, LEASE_MS, takeLease } from "../lease.ts";
import type { ReadTrafficState } from "../traffic-state.ts";
import { lastPromotion } from "./history.ts";
import { type DeclaredRevisions, movedTraffic, refusal } from "./refusal.ts";

/** A deployment was refused; the message says why and what to do. */
export class RefusedError extends Error {
  override name = "RefusedError";
}

type Guard = {
  stack: string;
  /** The folder with the stack's journals and lease. */
  folder: string;
  holder: Holder;
  clock: Clock;
  readTrafficState: ReadTrafficState;
  /** Called when the lease is lost later: nothing may be changed after that. */
  onLost: (error: Error) => void;
};

/**
 * Throws a LeaseError or a RefusedError when a deployment may not declare these revisions. An update (not a preview) holds
 * the stack's lease until its process exits, because the engine still changes resources after the program has returned.
 * The returned function repeats the check of the lease and of the live traffic, and throws the same errors: call it right
 * before the deployment moves traffic.
 */
export async function admitDeployment(
  { stack, folder, holder, clock, readTrafficState, onLost }: Guard,
  next: DeclaredRevisions,
  preview: boolean,
): Promise<() => Promise<void>> {
  if (preview) await checkLease({ folder, holder, clock });
  const lease = preview ? null : await takeLease({ folder, holder, clock });
  const refuse = (reason: string | null) => {
    if (reason !== null) throw new RefusedError(reason);
  };
  try {
    const [last, trafficState] = [await lastPromotion(folder), await readTrafficState()];
    refuse(refusal({ stack, next, trafficState, last }));
  } catch (error) {
    await lease?.release();
    throw error;
  }
  if (lease) setInterval(() => void lease.renew().catch(onLost), LEASE_MS / 3).unref();
  return async () => {
    await lease?.renew();
    refuse(movedTraffic(next, await readTrafficState()));
  };
}
