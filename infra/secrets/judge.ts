import { retention } from "../../ecosystem/retention.ts";
import type { Origin } from "../../ecosystem/secret-forms.ts";
import { type Secret, secretNamed } from "../../ecosystem/secrets.ts";
import { secretPath } from "./pulumi-config.ts";

/**
 * `kept`: overdue, but a new value would lose data; `undated`: the date it was set is unknown; `unchecked`: set, but its
 * value cannot be decrypted here.
 */
export type SecretVerdict = "ok" | "kept" | "missing" | "malformed" | "due" | "undated" | "unchecked";

/** The verdict on one secret of a stack, without its value. */
export type JudgedSecret = {
  name: Secret;
  origin: Origin;
  /** The date it was set, and its age. */
  set: string | null;
  ageDays: number | null;
  verdict: SecretVerdict;
  /** What is wrong and what to do; empty if nothing is. */
  remedy: string;
};

/** A stack's secrets: which are set, their values where they can be decrypted, and their dates. */
export type Known = {
  stack: string;
  set: readonly string[];
  values?: Partial<Record<Secret, string>>;
  dates: Partial<Record<Secret, string | undefined>>;
  today: Date;
};

const DAY = 86_400_000;

/** Judges each secret that a stack requires. */
export const judgeSecrets = (required: readonly Secret[], known: Known): JudgedSecret[] =>
  required.map((name) => {
    const set = known.set.includes(name) ? (known.dates[name] ?? null) : null;
    const ageDays = set === null ? null : Math.floor((known.today.getTime() - Date.parse(set)) / DAY);
    return { name, origin: secretNamed(name).origin, set, ageDays, ...verdictOn(name, ageDays, known) };
  });

function verdictOn(name: Secret, ageDays: number | null, { stack, set, values }: Known) {
  const { origin, form, irreplaceable } = secretNamed(name);
  const say = (verdict: SecretVerdict, remedy = "") => ({ verdict, remedy });
  const init = `npx maha secrets init --stack ${stack}`;
  const value = values?.[name];
  if (!set.includes(name)) return say("missing", origin === "given" ? setCommand(name, stack) : init);
  if (values && (value === undefined || !form.holds(value))) {
    const fix = origin === "given" || irreplaceable ? setCommand(name, stack) : `${init} --rotate ${name}`;
    return say("malformed", `must be ${form.words}: ${fix}`);
  }
  if (ageDays === null) return say("undated", `${init} records today as its date`);
  if (ageDays > retention.secretDays) {
    return irreplaceable ? say("kept", irreplaceable) : say("due", `${init} --rotate ${name}`);
  }
  return values ? say("ok") : say("unchecked", "its value can only be checked with the pulumi CLI");
}

/** The command that sets a secret: the CLI prompts for the value, or reads it from standard input. */
export const setCommand = (name: Secret, stack: string): string =>
  `pulumi config set --secret --path '${secretPath(name)}' --stack ${stack}`;

/** 1 if the stack cannot run with these secrets, 2 if some need attention. */
export function exitCodeOf(judged: readonly JudgedSecret[]): 0 | 1 | 2 {
  const verdicts = new Set(judged.map(({ verdict }) => verdict));
  if (verdicts.has("missing") || verdicts.has("malformed")) return 1;
  return verdicts.has("due") || verdicts.has("undated") || verdicts.has("unchecked") ? 2 : 0;
}
