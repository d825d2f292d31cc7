import { mkdirSync } from "node:fs";
import { startHelper } from "../load/link.ts";
import { type Death, signalGroup } from "./child.ts";
import type { Fault } from "./faults.ts";
import type { StagedService, StageEvent, StageVerbs } from "./stage-process.ts";
import type { Workload } from "./workload.ts";

/** The real servers of a workload, each behind its fault proxy, and Envoy: all in or under a process of their own. */
export type Stage = {
  /** The services, with the addresses at which an edge reaches their revisions. */
  services: StagedService[];
  /** Starts Envoy beside the servers, on the folder of an edge. Returns when it answers; throws, with what its log says, when it does not. */
  runEnvoy(binary: string, folder: string): Promise<void>;
  /** Breaks what is to be broken at that share. To be called before the share is put in force; returns when it is so. */
  faultsAt(share: number): Promise<void>;
  /** Tells when Envoy, a server or the stage process itself has ended unasked, also when it did before this call. */
  onDeath(hear: (death: Death) => void): void;
  /** Stops everything. */
  down(): Promise<void>;
};

/**
 * Starts every server of the workload and waits until all are ready. Throws when one cannot be started, ends, or is not
 * ready in time, with its own last lines of output; then everything is stopped again. Output goes to `<folder>/logs`.
 * When this process ends, however that happens, the stage ends with it.
 */
export async function raise({
  workload,
  folder,
  fault,
  seed,
  say,
}: {
  workload: Workload;
  folder: string;
  fault: Fault | null;
  seed: number;
  say: (line: string) => void;
}): Promise<Stage> {
  const logs = `${folder}/logs`;
  mkdirSync(logs, { recursive: true });
  const deaths: Death[] = [];
  const groups: number[] = [];
  const hearers: ((death: Death) => void)[] = [];
  let isGoingDown = false;

  const hear = (event: StageEvent) => {
    if ("say" in event) say(event.say);
    if ("group" in event) groups.push(event.group);
    if ("death" in event) {
      deaths.push(event.death);
      for (const hearer of hearers) hearer(event.death);
    }
  };
  const helper = startHelper<StageVerbs, StageEvent>(
    "the stage process",
    new URL("stage-process.ts", import.meta.url),
    hear,
  );
  helper.ended.then(({ code, signal }) => {
    const isKilled = signal !== null;
    if (isKilled) for (const group of groups) signalGroup(group, "SIGKILL"); // whoever killed it has orphaned them
    if (!isGoingDown) hear({ death: { what: "the stage process", code, signal, output: "" } });
  });
  const down = async () => {
    isGoingDown = true;
    await helper.ask("down").catch(() => {});
    await helper.end();
  };

  try {
    const services = await helper.ask("raise", { workload, logs, fault, seed });
    return {
      services,
      runEnvoy: (binary, at) => helper.ask("envoy", { binary, folder: at }),
      faultsAt: (share) => helper.ask("faultsAt", share),
      onDeath(hearer) {
        hearers.push(hearer);
        for (const death of deaths) hearer(death);
      },
      down,
    };
  } catch (error) {
    await down();
    throw error;
  }
}
