import { type Percent, toMilliseconds } from "../ecosystem/units.ts";
import type { Clock } from "./clock.ts";
import { type Begun, type Event, FORMAT } from "./events.ts";
import { begunEvents, type Journal, UnwritableError } from "./journal.ts";
import type { Lease } from "./lease.ts";
import type { MetricsSource, Observation } from "./metrics-source.ts";
import type { Probes } from "./probes.ts";
import { MOST_SAMPLES, type Sample } from "./samples.ts";
import { fold, judge, pollMs, probesNeeded, type State, step } from "./state.ts";
import type { TrafficController } from "./traffic-controller.ts";
import type { Verdict } from "./verdict.ts";
import { contradiction } from "./windows.ts";

/** Everything that a promotion needs from outside; `smoke` tries the candidate at 0 %, `onEvent` is told of everything that is written to the journal. */
export type Promotion = {
  journal: Journal;
  lease: Lease;
  source: MetricsSource;
  target: TrafficController;
  probes: Probes;
  smoke(): Promise<{ passed: boolean; reason: string }>;
  clock: Clock;
  onEvent?(state: State, event: Event): void;
  signal?: AbortSignal;
};

/** Begins a promotion: one line in a new journal. Everything else is `promote`. */
export const begin = (journal: Journal, begun: Omit<Begun, "event" | "format">): Promise<void> =>
  journal.append({ event: "begun", format: FORMAT, ...begun });

/**
 * Moves one promotion forward until it ends, and returns the state it ended in (its `outcome` is set). Safe to kill and to start again at
 * any line: whatever was decided stands in the journal, and is carried out first. Throws when the lease is lost, when the target refuses a
 * share for longer than the plan's hold timeout for silence, or when `signal` aborts it between two polls; the journal can then be resumed.
 * Where nothing can be written any more, traffic goes back to stable without a record of it, and an UnwritableError says so.
 */
export async function promote(promotion: Promotion): Promise<State> {
  const { journal, lease, source, target, probes, smoke, clock, onEvent, signal } = promotion;
  let state = fold(begunEvents(await journal.read(), "the journal"));
  let refusedSince: number | null = null;
  const record = async (event: Event) => {
    await journal.append(event);
    state = step(state, event);
    onEvent?.(state, event);
  };
  try {
    for (;;) {
      const decided = state.inForce !== null && state.wanted !== state.inForce;
      if (signal?.aborted && !decided) throw signal.reason; // what was decided is carried out first
      await lease.renew();
      if (state.wanted !== state.inForce && !(isRising(state) && state.hold)) {
        await shift();
      } else if (state.outcome) {
        return state.outcome.result === "promoted" ? await clearAway() : state;
      } else if (!state.smoked) {
        await record({ event: "smoked", at: clock.now(), ...(await lease.keep(smoke())) });
      } else {
        await poll();
      }
    }
  } catch (error) {
    if (!(error instanceof UnwritableError) || !isExposed(state)) throw error;
    return await retreat(error);
  } finally {
    await journal.close();
  }

  /** Tries once to put the wanted share in force. While a rising share is refused, the candidate is judged at the one that is in force. */
  async function shift(): Promise<void> {
    const refusal = await lease.keep(refusalOf(() => target.setShare(state.wanted)));
    if (!refusal) {
      refusedSince = null;
      await record({ event: "in-force", at: clock.now(), share: state.wanted, baseline: await observe() });
      return;
    }
    refusedSince ??= clock.now();
    if (signal?.aborted) throw signal.reason;
    if (clock.now() - refusedSince >= toMilliseconds(state.plan.holdTimeouts.silence)) throw refusal;
    if (isRising(state) && state.smoked) await poll();
    else await clock.sleep(toMilliseconds(state.plan.poll), signal);
  }

  /** Waits until the next poll is due, looks, and judges what was seen. */
  async function poll(): Promise<void> {
    await probes.rate(probesNeeded(state));
    await clock.sleep(pollMs(state), signal);
    const { seen, share } = await look();
    const at = clock.now();
    if (share === null || share === state.inForce) await pass(at, seen, judge(state, seen, at));
    else if (share === state.wanted) await record({ event: "in-force", at, share, baseline: seen });
    else await record({ event: "moved", at, share });
  }

  /** Records a verdict, with samples of what went wrong where it ends or begins to hold the step because of that. */
  async function pass(at: number, seen: Observation, verdict: Verdict): Promise<void> {
    const asks = verdict.kind === "roll-back" || (verdict.kind === "hold" && state.hold?.cause !== verdict.cause);
    const samples = asks && !seen.silent ? newest(await source.samples()) : [];
    await record({ event: "judged", at, seen, verdict, ...(samples.length > 0 && { samples }) });
  }

  /** One look at the counts; a source that contradicts itself says nothing. */
  async function observe(): Promise<Observation> {
    const seen = await source.poll();
    const why = seen.silent ? null : contradiction(state.seen, seen);
    return why === null ? seen : { silent: true, why: `its counts contradict each other (${why})` };
  }

  /** One look at the counts and at the share in force; where the share cannot be read, nothing that was counted can be judged. */
  async function look(): Promise<{ seen: Observation; share: Percent | null }> {
    const seen = await observe();
    if (seen.silent) return { seen, share: null };
    try {
      return { seen, share: await target.share() };
    } catch (error) {
      const why = `the share in force cannot be read: ${(error as Error).message}`;
      return { seen: { silent: true, why }, share: null };
    }
  }

  /** Goes back to stable first, and then tries to say so in what the journal has in reserve. */
  async function retreat(cause: UnwritableError): Promise<State> {
    const since = clock.now();
    for (;;) {
      const refusal = await refusalOf(() => target.setShare(0));
      if (!refusal) break;
      if (clock.now() - since >= toMilliseconds(state.plan.holdTimeouts.silence)) throw refusal;
      await clock.sleep(toMilliseconds(state.plan.poll));
    }
    const reason = state.outcome?.reason ?? `went back to stable: ${cause.message}`;
    try {
      if (!state.outcome) await record({ event: "ordered-back", at: clock.now(), reason });
      await record({ event: "in-force", at: clock.now(), share: 0, baseline: { silent: true, why: cause.message } });
      return state;
    } catch {
      throw new UnwritableError(`${cause.message}. Traffic is back on stable, without a record of it: ${reason}`);
    }
  }

  /** The old revision leaves after the bake, when the new one has everything and the old one's sessions have ended. */
  async function clearAway(): Promise<State> {
    if (!state.drained) {
      const { ended, openRequests } = await lease.keep(target.drain("stable", toMilliseconds(state.plan.drain)));
      await record({ event: "drained", at: clock.now(), ended, openRequests });
    }
    if (!state.retired) {
      const share = await target.share(); // the drain may have been long, and what has traffic again must stay
      if (share !== state.inForce) {
        await record({ event: "moved", at: clock.now(), share });
        return state;
      }
      await lease.keep(target.retire("stable"));
      await record({ event: "retired", at: clock.now() });
    }
    return state;
  }
}

/** As many samples as a person can look at, of both revisions. */
const newest = (samples: Sample[]): Sample[] => samples.toSorted((a, b) => a.at - b.at).slice(-MOST_SAMPLES);

/** True while a share above the one in force is wanted. */
const isRising = ({ wanted, inForce }: State): boolean => inForce !== null && wanted > inForce;

/** True while users' requests reach a candidate that is not promoted yet. */
const isExposed = ({ inForce, outcome }: State): boolean => (inForce ?? 0) > 0 && outcome?.result !== "promoted";

/** What an attempt failed with, or null. */
const refusalOf = (attempt: () => Promise<void>): Promise<Error | null> =>
  attempt().then(
    () => null,
    (error) => error as Error,
  );
