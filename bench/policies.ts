import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figure } from "../cli/table.ts";
import { targets } from "../ecosystem/targets.ts";
import { type DeclaredResource, fromDeclared } from "../policies/readers/declared-resource.ts";
import { reportOn } from "../policies/report.ts";
import { allProven, declaredOf, knownOf } from "../tests/policies/graphs.ts";
import { analyzer, PackProcess } from "../tests/policies/pack-process.ts";
import { resourceRequest, stackRequest } from "../tests/policies/requests.ts";
import type { Figure, Figures } from "./figure.ts";

/** The policies' startup time, run time and memory. */
export async function* policies(): Figures {
  yield* await starting();
  for (const target of targets) yield judging(`prod on ${target}`, await declaredOf("prod", target), 150);
  const many = manyOf(await declaredOf("prod", "kubernetes"));
  yield judging(`${many.length} resources`, many, 1000);
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

/** All checks and rules over a stack, as `maha readiness` runs them. */
function judging(what: string, declared: readonly DeclaredResource[], ms: number): Figure {
  const ours = best(() => reportOn(declared.map(fromDeclared), facts));
  return {
    what: `all checks and rules over ${what} (${declared.length}), CPU time, best of five`,
    promise: `at most ${ms} ms`,
    kept: ours <= ms,
    ours: `${figure(ours)} ms`,
    others: [],
  };
}

/** The same as the engine asks the pack's process: every resource by itself, then the stack. */
async function asPolicies(declared: readonly DeclaredResource[]): Promise<Figure> {
  const pack = await PackProcess.start();
  await pack.configure(new analyzer.ConfigureAnalyzerRequest());
  const requests = declared.map(resourceRequest);
  const stack = stackRequest(declared);
  const took: number[] = [];
  while (took.length < 5) {
    const began = pack.processorTime();
    for (const request of requests) await pack.analyze(request);
    await pack.analyzeStack(stack);
    took.push(pack.processorTime() - began);
  }
  await pack.stop();
  const ours = Math.min(...took);
  return {
    what: `the pack's process over ${declared.length} resources, gRPC included, CPU time, best of five`,
    promise: "at most 2,000 ms",
    kept: ours <= 2000,
    ours: `${figure(ours)} ms`,
    others: [],
  };
}

/** Milliseconds of CPU time: other work on the machine does not count. */
function best(run: () => unknown): number {
  const took: number[] = [];
  while (took.length < 5) {
    const began = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(began);
    took.push((user + system) / 1000);
  }
  return Math.min(...took);
}

/** A stack's resources over and over, each under a name of its own, up to a thousand. */
const manyOf = (declared: readonly DeclaredResource[]): DeclaredResource[] =>
  Array.from({ length: 1000 }, (_, i) => {
    const one = declared[i % declared.length] as DeclaredResource;
    const round = Math.floor(i / declared.length);
    return round === 0 ? one : { ...one, name: `${one.name}-${round}`, urn: `${one.urn}-${round}` };
  });
