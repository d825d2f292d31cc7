import { Option } from "commander";
import { targets } from "../ecosystem/targets.ts";
import { stackNameFault } from "../infra/names.ts";
import { UsageError } from "./usage.ts";

/** Which stack a verb is about: `--stack`, else the environment's MAHA_STACK (an empty one counts as none), else staging. */
export function stackOption(): Option {
  if (process.env.MAHA_STACK === "") delete process.env.MAHA_STACK;
  return new Option("--stack <name>", "the stack: staging, prod, local")
    .env("MAHA_STACK")
    .default("staging")
    .argParser(stackName);
}

/** A name that is a part of paths and of names on every platform. */
function stackName(text: string): string {
  const fault = stackNameFault(text);
  if (fault !== undefined) throw new UsageError(`--${fault}`);
  return text;
}

/** Another target than the stack's own. */
export const targetOption = () =>
  new Option("--target <target>", "another target than the stack's own").choices(targets);
