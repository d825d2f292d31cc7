import { JournalError } from "../promotion/journal.ts";
import { LeaseError } from "../promotion/lease.ts";
import { PlanError } from "../promotion/plan.ts";
import { UsageError } from "./usage.ts";

/** True for errors of what the person gave: arguments and files. */
export const isBadInput = (error: Error): boolean =>
  [UsageError, PlanError, JournalError].some((kind) => error instanceof kind);

/** True for errors whose message is the whole story: the stack would only hide it. */
export const isExpected = (error: Error): boolean => isBadInput(error) || error instanceof LeaseError;
