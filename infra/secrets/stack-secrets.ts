import type { Secret } from "../../ecosystem/secrets.ts";
import { services } from "../../ecosystem/services.ts";
import type { Target } from "../../ecosystem/targets.ts";
import { settingsOn } from "../config/settings.ts";
import { readStack } from "../config/stack-file.ts";
import { revisionsNamed } from "../stack.ts";
import { type JudgedSecret, judgeSecrets } from "./judge.ts";
import { type PulumiConfig, pulumiConfig } from "./pulumi-config.ts";
import { requiredSecrets } from "./required.ts";

/** The secrets that a stack requires on a target, and what its settings file says about them. */
export type StackSecrets = {
  stack: string;
  target: Target;
  required: Secret[];
  /** Those that are set, and the days on which they were. */
  set: readonly string[];
  dates: Partial<Record<Secret, string | undefined>>;
  /** Reads and writes the values, encrypted. */
  config: PulumiConfig;
};

/** Reads a stack's settings, for its own target or another one. Throws a SettingsError if they are invalid there. */
export function stackSecrets(root: string, stack: string, target?: Target): StackSecrets {
  const { file, settings: all, secretsSet } = readStack(root, stack);
  const settings = settingsOn(all, target ?? all.target, file);
  return {
    stack,
    target: target ?? all.target,
    required: requiredSecrets(settings, [...services, ...revisionsNamed(root, stack, settings)]),
    set: secretsSet,
    dates: settings.secretDates ?? {},
    config: pulumiConfig(root, stack),
  };
}

/** Judges the names, forms and ages of a stack's secrets; forms only where a pulumi CLI can decrypt them. */
export async function judgeStackSecrets(secrets: StackSecrets, today: Date): Promise<JudgedSecret[]> {
  const { stack, required, set, dates, config } = secrets;
  // a stack without secrets has nothing to decrypt
  const values = set.length > 0 ? await config.values() : {};
  return judgeSecrets(required, { stack, set, ...(values && { values }), dates, today });
}
