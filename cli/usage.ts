/** Invalid arguments. The command prints the message and exits with code 64. */
export class UsageError extends Error {
  override name = "UsageError";
}
