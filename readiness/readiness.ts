import { readFileSync } from "node:fs";
import { targets as allTargets, type Target } from "../ecosystem/targets.ts";
import { catalogue } from "../infra/alerts/catalogue.ts";
import { readStack } from "../infra/config/stack-file.ts";
import { analyse } from "../policies/analyse.ts";
import { checks } from "../policies/checks.ts";
import { readFacts } from "../policies/facts.ts";
import type { DeclaredResource } from "../policies/readers/declared-resource.ts";
import { fromState } from "../policies/readers/state.ts";
import type { Report } from "../policies/report.ts";
import { rules } from "../policies/rules.ts";
import { ReadinessError } from "./error.ts";

type ReadinessRequest = { stack: string; target?: Target; file?: string };

/** What the checks say about a stack: as its program declares it, or as an exported state tells. Throws a ReadinessError. */
export async function readinessOf(
  root: string,
  { stack: name, target, file }: ReadinessRequest,
  now: Date,
): Promise<Report> {
  const stack = readStack(root, name);
  const known = [...checks, ...rules].map((rule) => rule.name);
  const stranger = stack.settings.exemptions.find(({ rule }) => !known.includes(rule));
  if (stranger) {
    throw new ReadinessError(
      `${stack.file}, mahavishnu:exemptions: there is no check or rule ${stranger.rule}. Known: ${known.join(", ")}`,
    );
  }
  const told = file === undefined ? await declared(root, stack, target) : exported(file, name);
  const report = await analyse(told, readFacts(root, name, { catalogue, now }));
  if (file !== undefined && target !== undefined && report.target !== target) {
    throw new ReadinessError(
      `--target ${target}: ${file} is the state of a stack on ${report.target ?? allTargets.join(" or ")}`,
    );
  }
  return report;
}

async function declared(
  root: string,
  stack: ReturnType<typeof readStack>,
  target: Target | undefined,
): Promise<DeclaredResource[]> {
  // the program is large: who judges a file, or writes it wrong, does not wait for it
  const { captureStack } = await import("../infra/graph/offline.ts");
  const { namedReleases } = await import("../infra/stack.ts");
  const { fromProgram } = await import("../policies/readers/program.ts");
  const { name, settings } = stack;
  const releases = namedReleases(root, name, settings);
  const { requests, resources } = await captureStack(stack, releases, target ?? settings.target);
  return fromProgram(requests, resources);
}

function exported(file: string, stack: string): DeclaredResource[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ReadinessError(`--file ${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const told = fromState(text, file);
  const other = told.find(({ urn }) => urn.split(":")[2] !== stack);
  if (other) {
    throw new ReadinessError(`--file ${file}: the state of stack ${other.urn.split(":")[2]}, not of ${stack}`);
  }
  return told;
}
