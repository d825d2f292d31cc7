/** A request that the readiness checks cannot answer. The command ends with 64 and this message. */
export class ReadinessError extends Error {
  override name = "ReadinessError";
}
