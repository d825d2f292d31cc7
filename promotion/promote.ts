import type { Clock } from "./clock.ts";
import { type Begun, type Event, FORMAT } from "./events.ts";
import { begunEvents, type Journal } from "./journal.ts";
import type { Lease } from "./lease.ts";
import { consistent, type MetricsSource, type Observation } from "./metrics-source.ts";
import type { Probes } from "./probes.ts";
import { fold, judge, pollMs, probesNeeded, type State, step } from "./state.ts";
import type { TrafficController } from "./traffic-controller.ts";

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
 * share for longer than the plan's patience, or when `signal` aborts it between two polls; the journal can then be resumed.
 */
export async function promote(promotion: Promotion): Promise<State> {
  const { journal, lease, target, probes, smoke, clock, onEvent, signal } = promotion;
  const source = consistent(promotion.source);
  let state = fold(begunEvents(await journal.read(), "the journal"));
  const record = async (event: Event) => {
    await journal.append(event);
    state = step(state, event);
    onEvent?.(state, event);
  };
  for (;;) {
    const decided = state.inForce !== null && state.wanted !== state.inForce;
    if (signal?.aborted && !decided) throw signal.reason; // what was decided is carried out first
    await lease.renew();
    if (state.wanted !== state.inForce) {
      await lease.keep(insist(() => target.setShare(state.wanted), state, clock, signal));
      await record({ event: "in-force", at: clock.now(), share: state.wanted, baseline: await source.poll() });
    } else if (state.outcome) {
      return state.outcome.result === "promoted" ? await clearAway() : state;
    } else if (!state.smoked) {
      await record({ event: "smoked", at: clock.now(), ...(await lease.keep(smoke())) });
    } else {
      await probes.rate(probesNeeded(state));
      await clock.sleep(pollMs(state), signal);
      const { seen, share } = await look(source, target);
      const at = clock.now();
      if (share === null || share === state.inForce)
        await record({ event: "judged", at, seen, verdict: judge(state, seen, at) });
      else await record({ event: "moved", at, share });
    }
  }

  /** The old revision leaves after the bake, when the new one has everything and the old one's sessions have ended. */
  async function clearAway(): Promise<State> {
    if (!state.drained) {
      const { ended, openRequests } = await lease.keep(target.drain("stable", state.plan.drain * 1000));
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

/** One look at the counts and at the share in force; where the share cannot be read, nothing that was counted can be judged. */
async function look(
  source: MetricsSource,
  target: TrafficController,
): Promise<{ seen: Observation; share: number | null }> {
  const seen = await source.poll();
  if (seen.silent) return { seen, share: null };
  try {
    return { seen, share: await target.share() };
  } catch (error) {
    const why = `the share in force cannot be read: ${(error as Error).message}`;
    return { seen: { silent: true, why }, share: null };
  }
}

/** What was decided must come in force: a target that fails is asked again, each poll, for as long as the plan waits for a silent source. */
async function insist(put: () => Promise<void>, { plan }: State, clock: Clock, signal?: AbortSignal): Promise<void> {
  const giveUp = clock.now() + plan.holdTimeouts.silence * 1000;
  for (;;) {
    try {
      return await put();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (clock.now() >= giveUp) throw error;
      await clock.sleep(plan.poll * 1000, signal);
    }
  }
}
