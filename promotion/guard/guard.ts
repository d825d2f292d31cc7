import type { Clock } from "../clock.ts";
import { checkLease, type Holder, LEASE_MS, takeLease } from "../lease.ts";
import type { ReadTrafficState } from "../traffic-state.ts";
import { lastPromotion } from "./history.ts";
import { type DeclaredRevisions, movedTraffic, objection } from "./refusal.ts";

/** A deployment must not go on; the message says what stands against it and what to do. */
export class RefusedError extends Error {
  override name = "RefusedError";
}

type Guard = {
  stack: string;
  /** Where the stack's journals and its lease lie. */
  folder: string;
  holder: Holder;
  clock: Clock;
  readTrafficState: ReadTrafficState;
  /** Called when the lease is lost later on: nothing may be changed any more. */
  onLost: (error: Error) => void;
};

/**
 * Throws a LeaseError or a RefusedError where a deployment may not declare these revisions. A real one (not a preview)
 * holds the stack's lease from then on for as long as its process lives: it goes on changing things after its program has
 * ended. The answer asks once more for the lease and for traffic that was moved meanwhile, and throws the same: for right
 * before the deployment moves traffic itself.
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
    refuse(objection({ stack, next, trafficState, last }));
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
