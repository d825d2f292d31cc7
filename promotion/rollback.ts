import { begunEvents, UnwritableError } from "./journal.ts";
import { promote } from "./promote.ts";
import type { Promotion } from "./promotion.ts";
import { retreat } from "./retreat.ts";
import { fold, type State } from "./state.ts";

/** The promotion has ended and the old revision is retired: there is nothing to roll back to. */
export class TooLateError extends Error {}

/**
 * Rolls a promotion back on a person's order, whatever the evidence says, and returns its final state. The journal records the order, so
 * that a resume cannot undo it. A promotion that is already rolled back stays so. Throws a TooLateError once the old revision is retired. When the journal is not writable, it goes back to
 * stable all the same, and throws an UnwritableError if that could not be recorded.
 */
export async function rollBack(promotion: Promotion, reason: string): Promise<State> {
  const { journal, clock, lease } = promotion;
  const state = fold(begunEvents(await journal.read(), "the journal"));
  if (state.retired) {
    throw new TooLateError(
      `promotion ${state.begun.id} has ended and its old revision is retired: promote the old release to go back to it`,
    );
  }
  try {
    await lease.renew();
    if (state.outcome?.result !== "rolled-back")
      await journal.append({ event: "ordered-back", at: clock.now(), reason });
  } catch (error) {
    if (!(error instanceof UnwritableError)) throw error;
    return await retreat(promotion, state, error, reason).finally(() => journal.close());
  }
  return promote(promotion);
}
