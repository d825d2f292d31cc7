import { begunEvents } from "./journal.ts";
import { type Promotion, promote } from "./promote.ts";
import { fold, type State } from "./state.ts";

/** The promotion is over and the old revision is gone: there is nothing to go back to. */
export class TooLateError extends Error {}

/**
 * Takes a promotion back because a person says so, whatever the evidence says, and returns the state it ends in. The journal keeps the reason,
 * so that nothing undoes it. A promotion that was rolled back already stays so. Throws a TooLateError once the old revision is retired.
 */
export async function rollBack(promotion: Promotion, reason: string): Promise<State> {
  const { journal, clock, lease } = promotion;
  const state = fold(begunEvents(await journal.read(), "the journal"));
  if (state.retired) {
    throw new TooLateError(
      `promotion ${state.begun.id} is over and the old revision has been taken down: promote it again to go back to it`,
    );
  }
  await lease.renew();
  if (state.outcome?.result !== "rolled-back") await journal.append({ event: "ordered-back", at: clock.now(), reason });
  return promote(promotion);
}
