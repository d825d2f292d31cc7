import { promote } from "./promote.ts";
import type { Promotion } from "./promotion.ts";
import type { State } from "./state.ts";

/** Resumes an interrupted or held promotion and returns its final state; `note` records the circumstances in the journal. */
export async function resume(promotion: Promotion, note: string): Promise<State> {
  const { journal, lease, clock } = promotion;
  await lease.renew();
  await journal.append({ event: "resumed", at: clock.now(), note });
  return promote(promotion);
}
