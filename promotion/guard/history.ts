import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { begunEvents, fileJournal } from "../journal.ts";
import { fold, type State } from "../state.ts";

/** What a deployment needs to know about the stack's last promotion. */
export type LastPromotion = {
  id: string;
  /** `open` until its outcome is in force. */
  result: "open" | "promoted" | "rolled-back";
  revisions: readonly { service: string; stable: string; candidate: string }[];
};

/** Reads the journals in a stack's folder and returns the promotion that began last, or null. Throws a JournalError. */
export async function lastPromotion(folder: string): Promise<LastPromotion | null> {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".jsonl")) : [];
  const states = await Promise.all(files.map((file) => stateOf(join(folder, file))));
  const last = states
    .flatMap((state) => state ?? [])
    .sort((a, b) => a.begun.at - b.begun.at)
    .at(-1);
  return last ? { id: last.begun.id, result: resultOf(last), revisions: last.begun.revisions } : null;
}

/** The state from a journal; null when its first event was not written completely, so that the promotion never began. */
async function stateOf(path: string): Promise<State | null> {
  const events = await fileJournal(path).read();
  return events.length > 0 ? fold(begunEvents(events, path)) : null;
}

function resultOf({ outcome, wanted, inForce }: State): LastPromotion["result"] {
  if (!outcome || outcome.result === "held") return "open";
  // a promotion whose smoke tests failed at 0 % has moved no traffic
  return inForce === null || inForce === wanted ? outcome.result : "open";
}
