import { readFileSync } from "node:fs";
import { parseJson } from "../../ecosystem/json.ts";
import { pathOption, projectFolder } from "../paths.ts";
import { stackOption } from "../stack-option.ts";
import { UsageError } from "../usage.ts";
import { verb } from "../verb.ts";
import { byOption, releaseOption, type VouchedFlags, voucherOf } from "./options.ts";

type AddFlags = VouchedFlags & { from?: string; digest?: Record<string, string>; date?: Date };

export const add = verb<AddFlags>(
  "add <kind>",
  "record evidence for a release",
  "npx maha smoke https://... --json | npx maha evidence add smoke --stack staging --digest mahavishnu=sha256:... --from /dev/stdin",
  async ([kind = ""], { from, digest = {}, date, ...flags }, io) => {
    const { recordEvidence } = await import("../../readiness/evidence.ts");
    if (from === undefined) throw new UsageError("--from FILE is required: a file with the result, as JSON");
    const now = new Date();
    const result = contentOf(from);
    const { file, evidence } = recordEvidence(
      projectFolder(),
      { ...flags, by: voucherOf(flags), kind, digests: digest, date: date ?? now, result },
      now,
    );
    io.say(`${file}: recorded. Commit it with the release`);
    io.print(evidence);
    return 0;
  },
)
  .addOption(stackOption())
  .addOption(releaseOption())
  .addOption(byOption())
  .option("--from <file>", "the result as JSON, as the tool printed it", pathOption)
  .option("--digest <service=digest>", "the image that it is about; may be repeated", collectedDigests)
  .option("--date <date>", "when the result was obtained (default: now)", dateOption);

function contentOf(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--from ${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    return parseJson(text);
  } catch (error) {
    throw new UsageError(`--from ${file}: not JSON (${(error as Error).message})`);
  }
}

function collectedDigests(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, service, digest] = /^([a-z-]+)=(?:\S+@)?(sha256:[0-9a-f]{64})$/.exec(text) ?? [];
  if (service === undefined || digest === undefined) {
    throw new UsageError(`--digest ${text}: not a service and a digest. Example: --digest mahavishnu=sha256:...`);
  }
  return { ...before, [service]: digest };
}

function dateOption(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) {
    throw new UsageError(`--date ${text}: not a date. Example: --date 2027-01-31T12:00:00Z`);
  }
  return date;
}
