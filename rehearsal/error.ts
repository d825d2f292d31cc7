/** What a person gave to a rehearsal (a workload, a fault, a journal) cannot be used. The command ends with 64 and this message. */
export class RehearsalError extends Error {
  override name = "RehearsalError";
}
