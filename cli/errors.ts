import { SettingsError } from "../infra/config/settings.ts";
import { ReleaseError } from "../infra/release/release.ts";
import { RotationError } from "../infra/secrets/init.ts";
import { EvidenceError } from "../policies/evidence/evidence.ts";
import { StateError } from "../policies/readers/state.ts";
import { JournalError } from "../promotion/journal.ts";
import { PlanError } from "../promotion/plan.ts";
import { ReadinessError } from "../readiness/error.ts";
import { RehearsalError } from "../rehearsal/error.ts";
import { UsageError } from "./usage.ts";

const inputErrors = [
  UsageError,
  RehearsalError,
  ReadinessError,
  PlanError,
  JournalError,
  SettingsError,
  ReleaseError,
  RotationError,
  EvidenceError,
  StateError,
];

/** True for errors in what the user provided: arguments, settings and files. */
export const isBadInput = (error: Error): boolean => inputErrors.some((kind) => error instanceof kind);

/** True for programming errors, which are shown with their stack trace. */
export const isBug = (error: Error): boolean =>
  [TypeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
