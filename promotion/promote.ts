import { type Percent, toMilliseconds } from "../ecosystem/units.ts";
import { type Begun, type Event, FORMAT } from "./events.ts";
import { begunEvents, type Journal, UnwritableError } from "./journal.ts";
import type { Observation } from "./metrics-source.ts";
import type { Promotion } from "./promotion.ts";
import { refusalOf, retreat } from "./retreat.ts";
import { MOST_SAMPLES, type Sample } from "./samples.ts";
import { fold, judge, pollMs, probesNeeded, type State, step } from "./state.ts";
import type { Verdict } from "./verdict.ts";
import { contradiction } from "./windows.ts";

/** Begins a promotion: one line in a new journal. Everything else is `promote`. */
export const begin = (journal: Journal, begun: Omit<Begun, "event" | "format">): Promise<void> =>
  journal.append({ event: "begun", format: FORMAT, ...begun });

/**
 * Moves one promotion forward until it ends, and returns the state it ended in (its `outcome` is set). Safe to kill and to start again at
 * any line: decisions are in the journal and are carried out first. Throws when the lease is lost, when the target refuses a share for
 * longer than the plan's hold timeout for silence, or when `signal` aborts it between two polls; the journal can then be resumed.
 * When the journal is not writable, it rolls back to stable without a record and throws an UnwritableError that says so.
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
      if (signal?.aborted && !decided) throw signal.reason; // carry out the decision first
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
    return await retreat(promotion, state, error);
  } finally {
    await journal.close();
  }

  /** Tries once to put the wanted share in force. While an increase is refused, the candidate is judged at the share in force. */
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

  /** Waits until the next poll is due, observes, and judges the observation. */
  async function poll(): Promise<void> {
    await probes.rate(probesNeeded(state));
    await clock.sleep(pollMs(state), signal);
    const { seen, share } = await look();
    const at = clock.now();
    if (share === null || share === state.inForce) await pass(at, seen, judge(state, seen, at));
    else if (share === state.wanted) await record({ event: "in-force", at, share, baseline: seen });
    else await record({ event: "moved", at, share });
  }

  /** Records a verdict, with samples of failed requests when failures end the step or start a hold. */
  async function pass(at: number, seen: Observation, verdict: Verdict): Promise<void> {
    const asks = verdict.kind === "roll-back" || (verdict.kind === "hold" && state.hold?.cause !== verdict.cause);
    const samples = asks && !seen.silent ? newest(await source.samples()) : [];
    await record({ event: "judged", at, seen, verdict, ...(samples.length > 0 && { samples }) });
  }

  /** One reading of the counts; a source that contradicts itself counts as silent. */
  async function observe(): Promise<Observation> {
    const seen = await source.poll();
    const why = seen.silent ? null : contradiction(state.seen, seen);
    return why === null ? seen : { silent: true, why: `its counts contradict each other (${why})` };
  }

  /** One reading of the counts and the share in force; without the share, the counts cannot be judged. */
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

  /** Retires the old revision after the bake, once the new one has all traffic and the old sessions have ended. */
  async function clearAway(): Promise<State> {
    if (!state.drained) {
      const { ended, openRequests } = await lease.keep(target.drain("stable", toMilliseconds(state.plan.drain)));
      await record({ event: "drained", at: clock.now(), ended, openRequests });
    }
    if (!state.retired) {
      const share = await target.share(); // the drain may have been long: a revision that has traffic again must stay
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

/** The newest samples of both revisions, as many as a person can read. */
const newest = (samples: Sample[]): Sample[] => samples.toSorted((a, b) => a.at - b.at).slice(-MOST_SAMPLES);

/** True while a share above the one in force is wanted. */
const isRising = ({ wanted, inForce }: State): boolean => inForce !== null && wanted > inForce;

/** True while users' requests may reach a candidate that has not been promoted: a wanted share may be in force before it is recorded. */
const isExposed = ({ wanted, inForce, outcome }: State): boolean =>
  Math.max(wanted, inForce ?? 0) > 0 && outcome?.result !== "promoted";
