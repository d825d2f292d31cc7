import { labelOf, type Resource } from "./resource.ts";

export type CheckVerdict = "pass" | "warn" | "fail" | "not-applicable";

/** What one thing says about one check. The reason never holds a value of a property: those may be secrets. */
export type Finding = {
  verdict: CheckVerdict;
  /** The resource for people: `Container edge`; or the evidence's file, or the stack. */
  resource: string;
  /** Its URN, where it is a resource. */
  urn?: string;
  reason: string;
};

/** What one check or rule found in a stack. */
export type CheckOutcome = { name: string; verdict: CheckVerdict; findings: readonly Finding[]; remedy: string };

/** What a finding may be about: a resource, something in one, or something with a name only. */
export type Subject = string | Resource | { resource: Resource };

/** The subject is as it must be. */
export const pass = (subject: Subject, reason = "as it must be"): Finding => found("pass", subject, reason);
/** A piece of evidence is missing. */
export const warn = (subject: Subject, reason: string): Finding => found("warn", subject, reason);
/** The subject is not as it must be. */
export const fail = (subject: Subject, reason: string): Finding => found("fail", subject, reason);
/** There is nothing to ask of this subject, for this reason. */
export const notApplicable = (subject: Subject, reason: string): Finding => found("not-applicable", subject, reason);

/** `pass` where it holds, else `fail` with the reason. */
export const demand = (holds: boolean, subject: Subject, reason: string): Finding =>
  holds ? pass(subject) : fail(subject, reason);

/** The worst of several verdicts; nothing to judge is a failure. */
export function worst(verdicts: readonly CheckVerdict[]): CheckVerdict {
  return (["fail", "warn", "pass", "not-applicable"] as const).find((verdict) => verdicts.includes(verdict)) ?? "fail";
}

function found(verdict: CheckVerdict, subject: Subject, reason: string): Finding {
  if (typeof subject === "string") return { verdict, resource: subject, reason };
  const resource = "urn" in subject ? subject : subject.resource;
  return { verdict, resource: labelOf(resource), urn: resource.urn, reason };
}
