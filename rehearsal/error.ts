/** An unusable workload, fault or journal. The command prints the message and exits with code 64. */
export class RehearsalError extends Error {
  override name = "RehearsalError";
}
