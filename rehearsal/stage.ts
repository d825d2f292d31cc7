import { mkdirSync } from "node:fs";
import type { Percent } from "../ecosystem/units.ts";
import { startHelper } from "../load/link.ts";
import { type Death, signalGroup } from "./child.ts";
import type { Fault } from "./faults.ts";
import type { StagedService, StageEvent, StageVerbs } from "./stage-process.ts";
import type { Workload } from "./workload.ts";

/** A workload's servers, each behind its fault proxy, and Envoy, all run by a process of their own. */
export type Stage = {
  /** The services, with the addresses of their revisions for the edge. */
  services: StagedService[];
  /** Starts Envoy on the folder of an edge. Returns when it is ready; throws, quoting its log, if it does not become ready. */
  runEnvoy(binary: string, folder: string): Promise<void>;
  /** Injects the faults for that share. Call it before the share is in force; returns when they apply. */
  faultsAt(share: Percent): Promise<void>;
  /** Calls `hear` for every unexpected exit of Envoy, a server or the stage process, including earlier ones. */
  onDeath(hear: (death: Death) => void): void;
  /** Stops everything. */
  down(): Promise<void>;
};

/**
 * Starts every server of the workload and waits until all are ready. If one cannot be started, exits, or is not ready in
 * time, stops everything and throws with its last lines of output. Output goes to `<folder>/logs`. The stage ends with
 * this process, even if it is killed.
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
    if (isKilled) for (const group of groups) signalGroup(group, "SIGKILL"); // its children are orphaned
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
