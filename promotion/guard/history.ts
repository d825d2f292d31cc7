import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { begunEvents, fileJournal } from "../journal.ts";
import { fold, type State } from "../state.ts";

/** The last promotion of a stack, as far as a deployment must know of it. */
export type LastPromotion = {
  id: string;
  /** `open` until its outcome is in force. */
  result: "open" | "promoted" | "rolled-back";
  revisions: readonly { service: string; stable: string; candidate: string }[];
};

/** Reads the journals of a stack's folder and answers with the promotion that began last; null where there was none. Throws a JournalError. */
export async function lastPromotion(folder: string): Promise<LastPromotion | null> {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".jsonl")) : [];
  const states = await Promise.all(files.map((file) => stateOf(join(folder, file))));
  const last = states
    .flatMap((state) => state ?? [])
    .sort((a, b) => a.begun.at - b.begun.at)
    .at(-1);
  return last ? { id: last.begun.id, result: resultOf(last), revisions: last.begun.revisions } : null;
}

/** The state that a journal tells; null where its first event was not written to its end, so that nothing ever began. */
async function stateOf(path: string): Promise<State | null> {
  const events = await fileJournal(path).read();
  return events.length > 0 ? fold(begunEvents(events, path)) : null;
}

function resultOf({ outcome, wanted, inForce }: State): LastPromotion["result"] {
  if (!outcome || outcome.result === "held") return "open";
  // a promotion whose smoke failed at 0 % has moved nothing
  return inForce === null || inForce === wanted ? outcome.result : "open";
}
