import type { Chronicle } from "./chronicle.ts";
import { span } from "./format.ts";

/** How a promotion ended, in words: one word or two for it, and the sentences that say why and what now. */
export type Headline = { tone: "good" | "warn" | "bad"; word: string; sentence: string };

/** The headline of a promotion. */
export function headline({ state, backMs, entries, end }: Chronicle): Headline {
  const { begun, outcome, inForce } = state;
  const candidates = begun.revisions
    .filter(({ stable, candidate }) => stable !== candidate)
    .map(({ candidate }) => candidate);
  const took = span((end - begun.at) / 1000);
  switch (outcome?.result) {
    case "promoted":
      return {
        tone: "good",
        word: "Promoted",
        sentence: `${sentenceCase(outcome.reason)}: after ${took}, ${candidates.join(" and ")} ${candidates.length > 1 ? "have" : "has"} all the traffic.`,
      };
    case "rolled-back": {
      const reached = entries.some(({ what, share }) => what === "in-force" && share > 0);
      const back = backMs === null ? "" : ` Stable had every new session again ${inMs(backMs)} after the verdict.`;
      return {
        tone: "bad",
        word: "Rolled back",
        sentence: `${sentenceCase(outcome.reason)}, ${took} after the beginning.${reached ? back : " No user's session was sent to the candidate."}`,
      };
    }
    case "held":
      return {
        tone: "warn",
        word: `Held at ${inForce ?? 0} %`,
        sentence: `${sentenceCase(outcome.reason)}. It is left to a person after ${took}: resume it, or roll it back.`,
      };
    case undefined:
      return {
        tone: "warn",
        word: `Not finished, at ${inForce ?? 0} %`,
        sentence: `The journal ends after ${took} without an outcome: the promotion is still running, or was interrupted and can be resumed.`,
      };
  }
}

const inMs = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : span(ms / 1000));

const sentenceCase = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
