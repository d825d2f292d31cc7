#!/usr/bin/env node
// The command line for any Node: installs the packages of a fresh clone, then runs cli/maha.ts on the Node among them.
// Plain JavaScript, so that it runs on every Node.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import "../scripts/setup.js";

const own = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
const cli = new URL("../cli/maha.ts", import.meta.url);

// the first release that runs TypeScript without a flag
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  await import(cli.href);
} else if (existsSync(own)) {
  const child = spawn(own, [fileURLToPath(cli), ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C in a terminal reaches both processes, other signals only this one; the CLI decides when to exit
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${own} could not be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
} else {
  fail(
    `maha needs Node 22.18 or newer; this is Node ${process.versions.node}, and npm has no Node package for ${process.platform}-${process.arch}.`,
  );
}

/** @param {string} why */
function fail(why) {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
