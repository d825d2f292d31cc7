import { type Promotion, promote } from "./promote.ts";
import type { State } from "./state.ts";

/** Goes on with an interrupted or held promotion and returns the state it ends in; `note` says for the journal how that came. */
export async function resume(promotion: Promotion, note: string): Promise<State> {
  const { journal, lease, clock } = promotion;
  await lease.renew();
  await journal.append({ event: "resumed", at: clock.now(), note });
  return promote(promotion);
}
