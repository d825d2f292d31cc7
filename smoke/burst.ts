import { Finding } from "./cause.ts";
import type { Exchange, Wire } from "./wire.ts";

const BURST = 5;

/** What test 6 needs: a call that throws on a bad result, and the wire it goes over. */
export type Burst = { call: () => Promise<unknown>; wire: Wire };

/** 6 - Five concurrent calls. @throws Finding about the first failure. */
export async function burst({ call, wire }: Burst): Promise<string> {
  const wave = await sendWave(call, wire);
  if (wave.failed) throw wave.failed;
  if (wave.limited) throw new Finding("a rate limit cut the burst short", { exchange: wave.limited });
  return `${BURST} concurrent calls succeeded`;
}

/**
 * 6 - Five concurrent calls, and a rate limit that returns 429 beyond `limit` calls. The limit counts every request of this run, so a 429
 * within the burst is accepted only once the run has sent that many. A token bucket refills meanwhile, hence the margin.
 * @throws Finding if a call fails for another reason, or if no 429 comes.
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
      likely: "the limit is lower than expected, or other clients share it",
      exchange: wave.limited,
    });
  }
  const why = sent < most ? " before the timeout" : "";
  throw new Finding(`no 429 in ${sent} calls${why} (limit ${limit})`, {
    likely: "no limit applies to this client, or a higher one, or the calls are too slow to reach it",
  });
}

/** Sends five concurrent calls. Returns the first failure that is not a rate limit, and the first 429, if any. */
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
  const failed = first && new Finding(`${failures.length} of ${BURST} concurrent calls failed`, { ...first, likely });
  return { ...(failed && { failed }), ...(limited && { limited }) };
}
