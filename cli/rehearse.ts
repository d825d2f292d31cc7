import type { RehearsalSettings } from "../rehearsal/folder.ts";
import { pathOption } from "./paths.ts";
import { numberOption, verb } from "./verb.ts";

type RehearseOptions = {
  workload?: string;
  rps: number;
  plan: string;
  fault?: string;
  sourceDown: number;
  seed: number;
};

export const command = verb<RehearseOptions>(
  "rehearse",
  "promote one release of an MCP server over another on this machine, under real MCP load",
  "npx maha rehearse --fault errors:5 --rps 100",
  async (_, options, io) => {
    const { readPlan } = await import("./plan.ts");
    const { parseFault } = await import("../rehearsal/faults.ts");
    const { perform } = await import("./performance.ts");
    const { rehearse } = await import("../rehearsal/rehearse.ts");
    if (options.fault !== undefined) parseFault(options.fault); // rejected before anything starts
    const settings: RehearsalSettings = {
      workload: options.workload ?? null,
      plan: await readPlan(options.plan),
      rps: options.rps,
      fault: options.fault ?? null,
      sourceDown: options.sourceDown,
      seed: options.seed,
    };
    return perform((audience) => rehearse(settings, audience), io);
  },
)
  .option(
    "--workload <file>",
    "JSON file that describes the servers, see the README (default: two published releases of a demonstration server)",
    pathOption,
  )
  .option("--rps <n>", "users' requests per second", numberOption("rps", { min: 0, max: 2000 }, "150"), 150)
  .option("--plan <name|file>", "rehearsal, evidence, report, or a JSON plan file", "rehearsal")
  .option(
    "--fault <fault>",
    "inject a fault: dead, crash, errors:PCT, slow:MS, tool-errors:PCT, cut-streams:PCT, late:SHARE or outage",
  )
  .option(
    "--source-down <seconds>",
    "silence the metrics source for that long",
    numberOption("source-down", { min: 0, max: 3600 }, "60"),
    0,
  )
  .option(
    "--seed <n>",
    "seed of the random numbers, for a repeatable run",
    numberOption("seed", { min: 0, max: 2 ** 31 - 1, whole: true }, "1"),
    1,
  );
