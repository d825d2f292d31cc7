import { toMilliseconds } from "../ecosystem/units.ts";
import type { Event } from "./events.ts";
import { UnwritableError } from "./journal.ts";
import type { Promotion } from "./promotion.ts";
import { type State, step } from "./state.ts";

/**
 * Goes back to stable when the journal or the lease is not writable: first the traffic, then the record, for which the journal
 * has reserved space. Returns the final state. Throws an UnwritableError that says so when the traffic is back but not recorded, and the
 * target's error when it refuses for longer than the plan's hold timeout for silence.
 */
export async function retreat(
  { journal, target, clock, onEvent }: Promotion,
  from: State,
  cause: UnwritableError,
  order = `rolled back to stable: ${cause.message}`,
): Promise<State> {
  const since = clock.now();
  for (;;) {
    const refusal = await refusalOf(() => target.setShare(0));
    if (!refusal) break;
    if (clock.now() - since >= toMilliseconds(from.plan.holdTimeouts.silence)) throw refusal;
    await clock.sleep(toMilliseconds(from.plan.poll));
  }
  let state = from;
  const record = async (event: Event) => {
    await journal.append(event);
    state = step(state, event);
    onEvent?.(state, event);
  };
  const ordered = from.outcome?.result === "rolled-back" ? from.outcome : null;
  const reason = ordered?.reason ?? order;
  try {
    if (!ordered) await record({ event: "ordered-back", at: clock.now(), reason });
    await record({ event: "in-force", at: clock.now(), share: 0, baseline: { silent: true, why: cause.message } });
    return state;
  } catch {
    throw new UnwritableError(`${cause.message}. Traffic is back on stable, but this was not recorded: ${reason}`);
  }
}

/** The error of an attempt, or null. */
export const refusalOf = (attempt: () => Promise<void>): Promise<Error | null> =>
  attempt().then(
    () => null,
    (error) => error as Error,
  );
