import { fuzzEdge } from "../tests/fixtures/edge/fuzzed.ts";
import type { Figure, Figures } from "./figure.ts";

const REQUESTS = 1_000_000;
const SECONDS = 180;

/** A million malformed and forged requests, or as many as three minutes allow, with two token holders. */
export async function* fuzz(): Figures {
  const seed = Number(process.env.MAHA_SEED ?? Math.floor(Date.now() / 1000));
  const cleanUps: (() => Promise<void>)[] = [];
  try {
    const asked = { seed, requests: REQUESTS, seconds: SECONDS };
    const { sent, seconds, alive, trespasses, candidateSeen } = await fuzzEdge(
      (cleanUp) => cleanUps.push(cleanUp),
      asked,
    );
    const figure: Figure = {
      what: `the edge under malformed and forged requests, seed ${seed}`,
      promise: `${REQUESTS} or ${SECONDS} s: it lives, nobody reaches another one's session, or the candidate at 0 %`,
      kept: alive && trespasses.length === 0 && candidateSeen === 0,
      ours: `${sent} requests in ${seconds.toFixed(0)} s (${Math.round(sent / seconds)} a second), ${alive ? "alive" : "DEAD"}, ${trespasses.length} trespasses, ${candidateSeen} at the candidate`,
      others: [],
    };
    yield figure;
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}
