import { type Secret, secretNamed, secretNames } from "../../ecosystem/secrets.ts";
import { generate } from "./generate.ts";
import { setCommand } from "./judge.ts";
import type { PulumiConfig } from "./pulumi-config.ts";

/** A stack's state before its secrets are created. */
export type Before = {
  stack: string;
  required: readonly Secret[];
  /** Secrets that are set, and their dates. */
  set: readonly string[];
  dates: Partial<Record<Secret, string | undefined>>;
  config: PulumiConfig;
  today: Date;
};

/** What was done, and what is left to do: the command for each secret that cannot be generated. */
export type Initialised = {
  made: Secret[];
  dated: Secret[];
  given: { name: Secret; purpose: string; command: string }[];
};

/** A secret cannot be rotated; the message says why and what to do. */
export class RotationError extends Error {
  override name = "RotationError";
}

/** Generates missing secrets. Existing values stay; a missing date is recorded as today. */
export async function initSecrets({ stack, required, set, dates, config, today }: Before): Promise<Initialised> {
  const missing = required.filter((name) => !set.includes(name));
  const made = missing.filter((name) => secretNamed(name).origin === "generated");
  for (const name of made) await config.set(name, generate(name));
  const dated = required.filter((name) => set.includes(name) && dates[name] === undefined);
  await config.date([...made, ...dated], dayOf(today));
  const given = missing
    .filter((name) => secretNamed(name).origin === "given")
    .map((name) => ({ name, purpose: secretNamed(name).purpose, command: setCommand(name, stack) }));
  return { made, dated, given };
}

/** Replaces the value of one secret. Throws a RotationError where that would lose data; then nothing has changed. */
export async function rotateSecret(
  name: string,
  { stack, set, config, today }: Omit<Before, "required" | "dates">,
): Promise<void> {
  const secret = secretNames.find((known) => known === name);
  if (!secret) throw new RotationError(`--rotate ${name}: no such secret. Secrets: ${secretNames.join(", ")}`);
  const { origin, irreplaceable } = secretNamed(secret);
  if (origin === "derived") {
    throw new RotationError(`--rotate ${name}: it is derived from a password; rotate that one instead`);
  }
  if (!set.includes(secret)) {
    throw new RotationError(`--rotate ${name}: it is not set. Set it first: npx maha secrets init --stack ${stack}`);
  }
  if (irreplaceable) {
    throw new RotationError(`--rotate ${name}: replacing it would lose data: ${irreplaceable}. Nothing was changed`);
  }
  if (origin === "given") await config.ask(secret);
  else await config.set(secret, generate(secret));
  await config.date([secret], dayOf(today));
}

const dayOf = (time: Date): string => time.toISOString().slice(0, 10);
