import { Option } from "commander";
import { targets } from "../ecosystem/targets.ts";
import { stackNameFault } from "../infra/names.ts";
import { UsageError } from "./usage.ts";

/** The `--stack` option; defaults to MAHA_STACK (if not empty), else staging. */
export function stackOption(): Option {
  if (process.env.MAHA_STACK === "") delete process.env.MAHA_STACK;
  return new Option("--stack <name>", "the stack: staging, prod, local")
    .env("MAHA_STACK")
    .default("staging")
    .argParser(stackName);
}

/** The name becomes part of paths and of resource names, hence the check. */
function stackName(text: string): string {
  const fault = stackNameFault(text);
  if (fault !== undefined) throw new UsageError(`--${fault}`);
  return text;
}

/** The `--target` option. */
export const targetOption = () =>
  new Option("--target <target>", "show the stack on another target than its own").choices(targets);
