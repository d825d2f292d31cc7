import { retention } from "../../ecosystem/retention.ts";
import { type Origin, type Secret, secrets } from "../../ecosystem/secrets.ts";
import { secretPath } from "./pulumi-config.ts";

/**
 * What is to be said of a secret. `kept`: past its time, but a new value would lose data; `undated`: nobody knows since
 * when it is set; `unchecked`: it is set, but its value cannot be looked at here.
 */
export type SecretVerdict = "ok" | "kept" | "missing" | "malformed" | "due" | "undated" | "unchecked";

/** One secret of a stack, judged. It never holds the value. */
export type JudgedSecret = {
  name: Secret;
  origin: Origin;
  /** The day on which it was set, and how many days ago that is. */
  set: string | null;
  ageDays: number | null;
  verdict: SecretVerdict;
  /** What is wrong and what to do; empty where nothing is. */
  remedy: string;
};

/** What is known of a stack's secrets: which are set, their values where somebody can decrypt them, and since when. */
export type Known = {
  stack: string;
  set: readonly string[];
  values?: Partial<Record<Secret, string>>;
  dates: Partial<Record<Secret, string | undefined>>;
  today: Date;
};

const DAY = 86_400_000;

/** Judges each of the secrets that a stack needs. */
export const judgeSecrets = (required: readonly Secret[], known: Known): JudgedSecret[] =>
  required.map((name) => {
    const set = known.set.includes(name) ? (known.dates[name] ?? null) : null;
    const ageDays = set === null ? null : Math.floor((known.today.getTime() - Date.parse(set)) / DAY);
    return { name, origin: secrets[name].origin, set, ageDays, ...verdictOn(name, ageDays, known) };
  });

function verdictOn(name: Secret, ageDays: number | null, { stack, set, values }: Known) {
  const { origin, form, irreplaceable } = secrets[name] as (typeof secrets)[Secret] & { irreplaceable?: string };
  const say = (verdict: SecretVerdict, remedy = "") => ({ verdict, remedy });
  const init = `npx maha secrets init --stack ${stack}`;
  const value = values?.[name];
  if (!set.includes(name)) return say("missing", origin === "given" ? setCommand(name, stack) : init);
  if (values && (value === undefined || !form.holds(value))) {
    const mended = origin === "given" || irreplaceable ? setCommand(name, stack) : `${init} --rotate ${name}`;
    return say("malformed", `must be ${form.words}: ${mended}`);
  }
  if (ageDays === null) return say("undated", `${init} notes it as set today`);
  if (ageDays > retention.secretDays) {
    return irreplaceable ? say("kept", irreplaceable) : say("due", `${init} --rotate ${name}`);
  }
  return values ? say("ok") : say("unchecked", "its value can be looked at where a pulumi CLI is");
}

/** How a person sets a secret: the CLI asks for the value, or reads it from standard input. */
export const setCommand = (name: Secret, stack: string): string =>
  `pulumi config set --secret --path '${secretPath(name)}' --stack ${stack}`;

/** What all of them come to: 1 where the stack cannot run with them, 2 where somebody should do something. */
export function exitCodeOf(judged: readonly JudgedSecret[]): 0 | 1 | 2 {
  const verdicts = new Set(judged.map(({ verdict }) => verdict));
  if (verdicts.has("missing") || verdicts.has("malformed")) return 1;
  return verdicts.has("due") || verdicts.has("undated") || verdicts.has("unchecked") ? 2 : 0;
}
