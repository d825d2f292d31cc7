import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Network } from "@pulumi/docker/network.js";
import promises from "@pulumi/pulumi/runtime/debuggable.js";
import { figure } from "../cli/table.ts";
import { targetsOf } from "../infra/config/settings.ts";
import { PROJECT, readStack, stackNames } from "../infra/config/stack-file.ts";
import { capture } from "../infra/graph/capture.ts";
import { graphOf } from "../infra/graph/offline.ts";
import { type Run, runWithEngine } from "../tests/fixtures/engine.ts";
import { startGoogle } from "../tests/fixtures/google.ts";
import { configOf, projectWith } from "../tests/fixtures/project.ts";
import { releaseOf, root } from "../tests/fixtures/releases.ts";
import type { Figure, Figures } from "./figure.ts";

/** The program's run time and memory, compared with whole-package imports as in Pulumi's examples. */
export async function* graph(): Figures {
  yield* await starting();
  yield await manyResources();
  yield await allStacks();
}

/** All of prod through Pulumi's own runtime, in its own process, against doubles of the engine and of Google Cloud. */
async function starting(): Promise<Figure[]> {
  const google = await startGoogle();
  const release = releaseOf("prod", "r1", "a");
  const [ours, plain, whole, bare] = [
    await projectWith(root, release),
    await projectWith(root, release),
    await projectWith(root, release),
    await projectWith(root, release),
  ];
  await withoutNodeArguments(plain);
  await enterThrough(whole, [...wholePackages, 'export { default } from "./infra/index.ts";']);
  await enterThrough(bare, oneBucket);
  const measured = async (folder: string, env: NodeJS.ProcessEnv = {}): Promise<Run> => {
    const project = { folder, project: PROJECT, stack: "prod", config: configOf(root, "prod") };
    const run = await runWithEngine({ ...project, preview: true, env: { ...google.env, ...env } });
    if (run.code !== 0) throw new Error(`the program did not run: ${run.output}`);
    return run;
  };
  const first = await measured(ours, { NODE_COMPILE_CACHE: await mkdtemp(join(tmpdir(), "maha-cold-")) });
  await measured(ours); // fills the compile cache for the measured runs
  const runs = [];
  for (let i = 0; i < RUNS; i++) runs.push(await measured(ours));
  const others = {
    "the first run after an install": first,
    "without Pulumi.yaml's arguments for Node": await measured(plain),
    "with whole packages imported": await measured(whole),
    "a program of one bucket": await measured(bare),
  };
  await google.close();
  const seconds = Math.min(...runs.map((run) => run.seconds));
  const megabytes = Math.max(...runs.map((run) => run.peakMb));
  const count = runs[0]?.resources.length ?? 0;
  const beside = (value: (run: Run) => string) =>
    Object.entries(others).map(([rule, run]) => ({ rule, value: value(run) }));
  return [
    {
      what: `prod's ${count} resources through Pulumi's runtime, from start to the last resource, best of ${RUNS}`,
      promise: "at most 1.5 s",
      kept: seconds <= 1.5,
      ours: `${seconds.toFixed(2)} s`,
      others: beside((run) => `${run.seconds.toFixed(2)} s`),
    },
    {
      what: "its peak memory",
      promise: "at most 200 MB",
      kept: megabytes <= 200,
      ours: `${figure(megabytes)} MB`,
      others: beside((run) => `${figure(run.peakMb)} MB`),
    },
  ];
}

/** Enough for at least one undisturbed run. */
const RUNS = 5;

/** The same program with each provider's whole package imported, as in its documentation. */
const wholePackages = ["gcp", "kubernetes", "docker"].map((name) => `import "@pulumi/${name}";`);

/** A minimal program for Google Cloud: the cost of Pulumi's runtime and the package alone. */
const oneBucket = [
  'import { Bucket } from "@pulumi/gcp/storage/bucket.js";',
  'export default async () => void new Bucket("bucket", { location: "EU" });',
];

/** Removes the arguments for Node. */
async function withoutNodeArguments(folder: string): Promise<void> {
  const file = join(folder, "Pulumi.yaml");
  const text = await readFile(file, "utf8");
  await rm(file);
  await writeFile(file, text.replace(/^ *nodeargs:.*$/m, ""));
}

/** Gives the project another entry file. */
async function enterThrough(folder: string, lines: readonly string[]): Promise<void> {
  await writeFile(join(folder, "other.js"), `${lines.join("\n")}\n`);
  await rm(join(folder, "package.json"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", main: "other.js" }));
}

const MANY = 400;

/** Pulumi's own promises, each with a stack trace. */
const withTraces = { ...promises };

async function manyResources(): Promise<Figure> {
  const measured = async (traced: boolean): Promise<number> => {
    const began = performance.now();
    const { resources } = await capture({ project: PROJECT, stack: "bench" }, async () => {
      if (traced) Object.assign(promises, withTraces);
      for (let i = 0; i < MANY; i++) new Network(`network-${i}`, { name: `network-${i}`, internal: true });
      return {};
    });
    return (performance.now() - began) / resources.length;
  };
  await measured(false);
  const [ours, traced] = [await measured(false), await measured(true)];
  return {
    what: `time per resource, with ${MANY} in one captured graph`,
    promise: "at most 2 ms",
    kept: ours <= 2,
    ours: `${ours.toFixed(2)} ms`,
    others: [{ rule: "with Pulumi's stack traces", value: `${traced.toFixed(2)} ms` }],
  };
}

async function allStacks(): Promise<Figure> {
  const began = performance.now();
  let [graphs, resources] = [0, 0];
  for (const stack of stackNames(root)) {
    for (const target of targetsOf(readStack(root, stack).settings)) {
      resources += (await graphOf(root, stack, target)).resources.length;
      graphs++;
    }
  }
  const seconds = (performance.now() - began) / 1000;
  return {
    what: `all ${graphs} graphs of the committed stacks, ${resources} resources, in one process, after import`,
    promise: "less than 2 s",
    kept: seconds < 2,
    ours: `${seconds.toFixed(2)} s`,
    others: [],
  };
}
