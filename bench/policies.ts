import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figure } from "../cli/table.ts";
import { targets } from "../ecosystem/targets.ts";
import { analyse, answered, resourceRequest, server, stackRequest } from "../policies/analyse.ts";
import { PACK, policiesOf } from "../policies/policies.ts";
import type { DeclaredResource } from "../policies/readers/declared-resource.ts";
import { allProven, knownOf, toldOf } from "../tests/policies/graphs.ts";
import { PackProcess } from "../tests/policies/pack-process.ts";
import type { Figure, Figures } from "./figure.ts";

/** The policies' startup time, run time and memory. */
export async function* policies(): Figures {
  yield* await starting();
  for (const target of targets) yield await judging(`prod on ${target}`, await toldOf("prod", target), 150);
  const many = manyOf(await toldOf("prod", "kubernetes"));
  yield await judging(`${many.length} resources`, many, 1000);
  yield await asPolicies(many);
}

/** The pack as the engine starts it, until it prints its port, compared with one that imports a cloud's types. */
async function starting(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "maha-bench-"));
  const preload = join(folder, "typed.mjs");
  await writeFile(preload, `import ${JSON.stringify(import.meta.resolve("@pulumi/gcp"))};\n`);
  const runs: Started[] = [];
  while (runs.length < 5) runs.push(await started());
  const typed = await started(preload);
  await rm(folder, { recursive: true });
  const rule = "with @pulumi/gcp imported, as policies by class do";
  const seconds = Math.min(...runs.map((run) => run.seconds));
  const megabytes = Math.min(...runs.map((run) => run.megabytes));
  return [
    {
      what: "the pack's process, from start to its first output, best of five",
      promise: "at most 1.2 s",
      kept: seconds <= 1.2,
      ours: `${seconds.toFixed(2)} s`,
      others: [{ rule, value: `${typed.seconds.toFixed(2)} s` }],
    },
    {
      what: "its memory at that point",
      promise: "at most 160 MB",
      kept: megabytes <= 160,
      ours: `${figure(megabytes)} MB`,
      others: [{ rule, value: `${figure(typed.megabytes)} MB` }],
    },
  ];
}

type Started = { seconds: number; megabytes: number };

async function started(preload?: string): Promise<Started> {
  const began = performance.now();
  const pack = await PackProcess.start(preload);
  const seconds = (performance.now() - began) / 1000;
  const megabytes = pack.megabytes();
  await pack.stop();
  return { seconds, megabytes };
}

const facts = knownOf("prod", { evidence: allProven() });

/** All checks and rules at once, as in `maha readiness`. */
async function judging(what: string, resources: readonly DeclaredResource[], ms: number): Promise<Figure> {
  const ours = await best(() => analyse(resources, facts));
  return {
    what: `all checks and rules over ${what} (${resources.length}), CPU time, best of five`,
    promise: `at most ${ms} ms`,
    kept: ours <= ms,
    ours: `${figure(ours)} ms`,
    others: [],
  };
}

/** The same as the engine calls them: each resource by itself, then the stack. */
async function asPolicies(resources: readonly DeclaredResource[]): Promise<Figure> {
  const all = policiesOf({ factsOf: () => facts });
  const analyze = server.makeAnalyzeRpcFun(PACK, "0", "mandatory", all);
  const analyzeStack = server.makeAnalyzeStackRpcFun(PACK, "0", "mandatory", all);
  const requests = resources.map(resourceRequest);
  const stack = stackRequest(resources);
  const ours = await best(async () => {
    for (const request of requests) await answered(analyze, request);
    await answered(analyzeStack, stack);
  });
  return {
    what: `the ${all.length} policies of the pack over ${resources.length} resources, CPU time, best of five`,
    promise: "at most 1,000 ms",
    kept: ours <= 1000,
    ours: `${figure(ours)} ms`,
    others: [],
  };
}

/** CPU time in milliseconds, unaffected by other load on the machine. */
async function best(run: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  while (took.length < 5) {
    const began = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(began);
    took.push((user + system) / 1000);
  }
  return Math.min(...took);
}

/** A thousand resources: a stack's, repeated under different names. */
const manyOf = (resources: readonly DeclaredResource[]): DeclaredResource[] =>
  Array.from({ length: 1000 }, (_, i) => {
    const one = resources[i % resources.length] as DeclaredResource;
    const round = Math.floor(i / resources.length);
    return round === 0 ? one : { ...one, name: `${one.name}-${round}`, urn: `${one.urn}-${round}` };
  });
