import { table } from "../cli/table.ts";
import { rivals } from "../promotion/simulation/rivals/index.ts";
import type { Figure, Figures } from "./figure.ts";

/** The groups of figures, in the order of `npm run bench`; `npm run bench -- speed` measures only one. */
const groups: Record<string, () => Promise<Figures>> = {
  speed: async () => (await import("./speed.ts")).speed(),
  statistics: async () => (await import("./statistics.ts")).statistics(),
  rehearsal: async () => (await import("./rehearsal.ts")).rehearsal(),
  graph: async () => (await import("./graph.ts")).graph(),
  policies: async () => (await import("./policies.ts")).policies(),
  judge: async () => (await import("./judge.ts")).judge(),
  outages: async () => (await import("./outages.ts")).outages(),
  edge: async () => (await import("./edge.ts")).edge(),
  fuzz: async () => (await import("./fuzz.ts")).fuzz(),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in groups));
if (unknown.length > 0) {
  console.error(`unknown group: ${unknown.join(", ")}. Groups: ${Object.keys(groups).join(", ")}`);
  process.exitCode = 64;
} else {
  for (const { rule, models } of rivals) console.log(`${rule}: ${models}`);
  const broken = await measure(asked.length > 0 ? asked : Object.keys(groups));
  console.log(
    broken.length === 0 ? "\nall promises kept" : `\n${broken.length} promises broken:\n  ${broken.join("\n  ")}`,
  );
  process.exitCode = broken.length === 0 ? 0 : 1;
}

/** Measures and prints the groups one by one. Returns the broken promises. */
async function measure(names: string[]): Promise<string[]> {
  const broken: string[] = [];
  for (const name of names) {
    for await (const figure of await (groups[name] as () => Promise<Figures>)()) {
      show(figure);
      if (!figure.kept) broken.push(`${figure.what}: ${figure.ours} (${figure.promise})`);
    }
  }
  return broken;
}

function show({ what, promise, kept, ours, others }: Figure): void {
  const rows = [
    [kept ? "  kept    maha" : "  BROKEN  maha", ours],
    ...others.map(({ rule, value }) => [`          ${rule}`, value]),
  ];
  console.log(`\n${what} - ${promise}`);
  for (const line of table(rows)) console.log(line);
}
