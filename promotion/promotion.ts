import type { Clock } from "./clock.ts";
import type { Event } from "./events.ts";
import type { Journal } from "./journal.ts";
import type { Lease } from "./lease.ts";
import type { MetricsSource } from "./metrics-source.ts";
import type { Probes } from "./probes.ts";
import type { State } from "./state.ts";
import type { TrafficController } from "./traffic-controller.ts";

/** A promotion's dependencies; `smoke` tests the candidate at 0 %, `onEvent` is called for every event written to the journal. */
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
