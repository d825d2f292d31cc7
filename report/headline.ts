import { candidateNames } from "../promotion/wording.ts";
import type { Chronicle } from "./chronicle.ts";
import { span } from "./format.ts";

/** How a promotion ended: a word or two, and a sentence with the reason and what to do next. */
export type Headline = { tone: "good" | "warn" | "bad"; word: string; sentence: string };

/** The headline of a promotion; `warnings` are what a person should look at although it was promoted. */
export function headline({ state, backMs, entries, end }: Chronicle, warnings: readonly string[]): Headline {
  const { begun, outcome, inForce } = state;
  const candidates = candidateNames(begun);
  const took = span((end - begun.at) / 1000);
  switch (outcome?.result) {
    case "promoted":
      return {
        tone: warnings.length > 0 ? "warn" : "good",
        word: warnings.length > 0 ? "Promoted with warnings" : "Promoted",
        sentence: `${candidates}: ${outcome.reason}; it took over all traffic in ${took}.`,
      };
    case "rolled-back": {
      const reached = entries.some(({ what, share }) => what === "in-force" && share > 0);
      const back = backMs === null ? "" : ` All new sessions went to stable again ${inMs(backMs)} after the verdict.`;
      return {
        tone: "bad",
        word: "Rolled back",
        sentence: `${candidates}: ${outcome.reason}, after ${took}.${reached ? back : " No user session reached the candidate."}`,
      };
    }
    case "held":
      return {
        tone: "warn",
        word: `Held at ${inForce ?? 0} %`,
        sentence: `${candidates}: ${outcome.reason}. It needs a person after ${took}: resume it, or roll it back.`,
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
