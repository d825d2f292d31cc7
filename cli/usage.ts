/** Something the person wrote is wrong: settings, arguments, files. The command ends with exit code 64 and this message. */
export class UsageError extends Error {
  override name = "UsageError";
}
