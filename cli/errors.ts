import { SettingsError } from "../infra/config/settings.ts";
import { ReleaseError } from "../infra/release/release.ts";
import { RotationError } from "../infra/secrets/init.ts";
import { JournalError } from "../promotion/journal.ts";
import { PlanError } from "../promotion/plan.ts";
import { UsageError } from "./usage.ts";

/** True for errors of what the person gave: arguments and files. */
export const isBadInput = (error: Error): boolean =>
  [UsageError, PlanError, JournalError, SettingsError, ReleaseError, RotationError].some(
    (kind) => error instanceof kind,
  );

/** True for errors that no person could have caused: their stack is the story. */
export const isBug = (error: Error): boolean =>
  [TypeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
