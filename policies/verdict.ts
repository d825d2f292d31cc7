import { labelOf, type Resource } from "./resource.ts";

export type CheckVerdict = "pass" | "warn" | "fail" | "not-applicable";

/** The result of one check for one subject. The reason never contains a property's value, which may be a secret. */
export type Finding = {
  verdict: CheckVerdict;
  /** The resource's label (`Container edge`), a file of evidence, or the stack. */
  resource: string;
  /** Its URN, if it is a resource. */
  urn?: string;
  reason: string;
};

/** What one check or rule found in a stack. */
export type CheckOutcome = { name: string; verdict: CheckVerdict; findings: readonly Finding[]; remedy: string };

/** What a finding is about: a resource, a part of one, or something that has only a name. */
export type Subject = string | Resource | { resource: Resource };

/** The subject meets the requirement. */
export const pass = (subject: Subject, reason = "as required"): Finding => found("pass", subject, reason);
/** Evidence about the subject is missing. */
export const warn = (subject: Subject, reason: string): Finding => found("warn", subject, reason);
/** The subject does not meet the requirement. */
export const fail = (subject: Subject, reason: string): Finding => found("fail", subject, reason);
/** The check does not apply to the subject. */
export const notApplicable = (subject: Subject, reason: string): Finding => found("not-applicable", subject, reason);

/** `pass` if the condition holds, else `fail` with the reason. */
export const demand = (holds: boolean, subject: Subject, reason: string): Finding =>
  holds ? pass(subject) : fail(subject, reason);

/** The worst of several verdicts; none at all is a failure. */
export function worst(verdicts: readonly CheckVerdict[]): CheckVerdict {
  return (["fail", "warn", "pass", "not-applicable"] as const).find((verdict) => verdicts.includes(verdict)) ?? "fail";
}

function found(verdict: CheckVerdict, subject: Subject, reason: string): Finding {
  if (typeof subject === "string") return { verdict, resource: subject, reason };
  const resource = "urn" in subject ? subject : subject.resource;
  return { verdict, resource: labelOf(resource), urn: resource.urn, reason };
}
