import { readFileSync } from "node:fs";
import { targets as allTargets, type Target } from "../ecosystem/targets.ts";
import { catalogue } from "../infra/alerts/catalogue.ts";
import { readStack, type Stack } from "../infra/config/stack-file.ts";
import { checks } from "../policies/checks.ts";
import { readFacts } from "../policies/facts.ts";
import { type DeclaredResource, fromDeclared } from "../policies/readers/declared-resource.ts";
import { fromState } from "../policies/readers/state.ts";
import { type Report, reportOn } from "../policies/report.ts";
import { rules } from "../policies/rules.ts";
import { ReadinessError } from "./error.ts";

type ReadinessRequest = { stack: string; target?: Target; file?: string };

/**
 * Judges a stack as its program declares it, or as an exported state (`file`) records it. Throws a ReadinessError for an
 * invalid request.
 */
export async function readinessOf(
  root: string,
  { stack: name, target, file }: ReadinessRequest,
  now: Date,
): Promise<Report> {
  const stack = readStack(root, name);
  const known = [...checks, ...rules].map((rule) => rule.name);
  const unknown = stack.settings.exemptions.find(({ rule }) => !known.includes(rule));
  if (unknown) {
    throw new ReadinessError(
      `${stack.file}, mahavishnu:exemptions: no check or rule is called ${unknown.rule}. Known: ${known.join(", ")}`,
    );
  }
  const declared = file === undefined ? await declaredBy(root, stack, target) : exported(file, name);
  const report = reportOn(
    declared.map(fromDeclared),
    readFacts(root, name, { settings: stack.settings, catalogue, now }),
  );
  if (file !== undefined && target !== undefined && report.target !== target) {
    throw new ReadinessError(
      `--target ${target}: ${file} is the state of a stack on ${report.target ?? allTargets.join(" or ")}`,
    );
  }
  return report;
}

async function declaredBy(root: string, stack: Stack, target: Target | undefined): Promise<DeclaredResource[]> {
  // the program is large: judging a file, or rejecting one, does not wait for it
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
  const declared = fromState(text, file);
  const foreign = declared.find(({ urn }) => urn.split(":")[2] !== stack);
  if (foreign) {
    throw new ReadinessError(
      `--file ${file}: this is the state of stack ${foreign.urn.split(":")[2]}, not of ${stack}`,
    );
  }
  return declared;
}
