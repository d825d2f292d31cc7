/** What a person asked of the readiness checks cannot be judged. The command ends with 64 and this message. */
export class ReadinessError extends Error {
  override name = "ReadinessError";
}
