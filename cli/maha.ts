#!/usr/bin/env node
import { Command, CommanderError } from "commander";

const verbs = await Promise.all([
  import("./rehearse.ts"),
  import("./resume.ts"),
  import("./rollback.ts"),
  import("./smoke.ts"),
  import("./simulate.ts"),
  import("./release.ts"),
  import("./graph.ts"),
  import("./secrets.ts"),
  import("./compose.ts"),
  import("./manifests.ts"),
  import("./readiness.ts"),
  import("./evidence.ts"),
]);

const program = new Command("maha")
  .description(
    "Deploys MCP servers: smoke tests, and promotions that shift traffic in steps on evidence and roll back automatically.",
  )
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed or rolled back, 2 warnings or held, 64 wrong usage or settings.",
  )
  .exitOverride();
for (const { command } of verbs) program.addCommand(command.exitOverride());

// `npx maha manifests | head` closes the pipe early, which is not an error
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = await explain(error);
}

/** Prints the error and returns the exit code. Only programming errors come with a stack trace. */
async function explain(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64; // commander has already printed it
  if (!(error instanceof Error)) throw error;
  const { isBadInput, isBug } = await import("./errors.ts");
  process.stderr.write(`${isBug(error) ? error.stack : error.message}\n`);
  return isBadInput(error) ? 64 : 1;
}
