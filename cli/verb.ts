import { Command } from "commander";
import { UsageError } from "./usage.ts";

/** A verb's output: text on standard error, and with `--json` results on standard output, one object per line. */
export type Io = { json: boolean; say(line: string): void; print(result: unknown): void };

/** A verb's exit code: 0 done, 1 failed or rolled back, 2 warnings or held. Wrong usage (64) is a `UsageError`. */
export type ExitCode = 0 | 1 | 2;

type Action<Options> = (args: string[], options: Options, io: Io) => Promise<ExitCode>;

/**
 * A verb: its syntax (`smoke <url>`), a summary and an example for `--help`, and its action. Add options to the returned
 * command. Import heavy modules inside `act`, so that `--help` stays fast.
 */
export function verb<Options>(syntax: string, summary: string, example: string, act: Action<Options>): Command {
  const command = new Command(syntax.split(" ")[0]).summary(summary).description(summary);
  for (const argument of syntax.split(" ").slice(1)) command.argument(argument);
  return command
    .option("--json", "print the result as JSON on standard output")
    .addHelpText("after", `\nExample:\n  ${example}`)
    .action(async (...received: unknown[]) => {
      const options = command.opts<Options & { json?: boolean }>();
      const args = received.slice(0, -2).filter((argument): argument is string => typeof argument === "string");
      process.exitCode = await act(args, options, io(options.json === true));
    });
}

/** A parser for a numeric option in a range. Throws a UsageError with an example. */
export function numberOption(name: string, range: { min: number; max: number; whole?: boolean }, example: string) {
  return (text: string): number => {
    const value = Number(text);
    const fits =
      text.trim() !== "" && value >= range.min && value <= range.max && (!range.whole || Number.isInteger(value));
    if (fits) return value;
    const kind = range.whole ? "a whole number" : "a number";
    throw new UsageError(
      `--${name} ${text}: expected ${kind} from ${range.min} to ${range.max}. Example: --${name} ${example}`,
    );
  };
}

const io = (json: boolean): Io => ({
  json,
  say: (line) => void process.stderr.write(`${line}\n`),
  print: (result) => void (json && process.stdout.write(`${JSON.stringify(result)}\n`)),
});
