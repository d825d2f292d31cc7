import { Finding } from "./cause.ts";
import type { Exchange, Wire } from "./wire.ts";

const BURST = 5;

/** Test 6 at work: one call that throws when it is not good, and the wire it goes over. */
export type Burst = { call: () => Promise<unknown>; wire: Wire };

/** 6 - Five calls at once. @throws Finding that names the first that failed. */
export async function burst({ call, wire }: Burst): Promise<string> {
  const wave = await sendWave(call, wire);
  if (wave.failed) throw wave.failed;
  if (wave.limited) throw new Finding("the burst was cut short by a rate limit", { exchange: wave.limited });
  return `${BURST} calls at once succeeded`;
}

/**
 * 6 - Five calls at once, and a limit that answers 429 beyond `limit` calls. A limit counts every request of this run, so one that
 * is reached within the burst counts only when the run has sent that many. A bucket refills while it is emptied: hence the margin.
 * @throws Finding where a call fails otherwise, or where no 429 comes.
 */
export async function burstAgainstLimit({ call, wire }: Burst, limit: number, giveUpAt: number): Promise<string> {
  const most = limit + Math.max(BURST, Math.ceil(limit / 10));
  let sent = 0;
  while (sent < most && performance.now() < giveUpAt) {
    const wave = await sendWave(call, wire);
    sent += BURST;
    if (wave.failed) throw wave.failed;
    if (!wave.limited) continue;
    const requests = wire.exchanges.indexOf(wave.limited) + 1;
    if (sent > BURST || requests > limit)
      return `a burst, then 429 at request ${requests} of this run (limit ${limit})`;
    throw new Finding(`429 already at request ${requests} of this run (limit ${limit})`, {
      likely: "the limit is lower than expected, or others share it",
      exchange: wave.limited,
    });
  }
  const why = sent < most ? " before the time was up" : "";
  throw new Finding(`no 429 in ${sent} calls${why} (limit ${limit})`, {
    likely: "no limit is in force for this client, or a higher one, or the calls are too slow to reach it",
  });
}

/** Sends five calls at once: the first that failed for another reason than a limit, and the answer of a limit if one came. */
async function sendWave(call: () => Promise<unknown>, wire: Wire): Promise<{ failed?: Finding; limited?: Exchange }> {
  const from = wire.exchanges.length;
  const outcomes = await Promise.allSettled(Array.from({ length: BURST }, call));
  const answers = wire.exchanges.slice(from).filter(({ rpc }) => rpc !== undefined);
  const limited = answers.find(({ status }) => status === 429);
  const failures = outcomes.flatMap((outcome, at) =>
    outcome.status === "rejected" && answers[at]?.status !== 429
      ? [{ cause: outcome.reason, exchange: answers[at] }]
      : [],
  );
  const [first] = failures;
  const likely = first?.cause instanceof Finding ? first.cause.message : undefined;
  const failed = first && new Finding(`${failures.length} of ${BURST} calls at once failed`, { ...first, likely });
  return { ...(failed && { failed }), ...(limited && { limited }) };
}
