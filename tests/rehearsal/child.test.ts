import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, onTestFinished, test } from "vitest";
import { type Child, describeDeath, startChild } from "../../rehearsal/child.ts";
import { lives, soon } from "./processes.ts";

const folder = mkdtempSync(join(tmpdir(), "child-"));
afterAll(() => rmSync(folder, { recursive: true }));
const open: Child[] = [];
afterEach(async () => {
  for (const child of open.splice(0)) await child.kill();
});

let logs = 0;
async function start(script: string, { env = {}, log = `child-${++logs}.log` } = {}) {
  const command = [process.execPath, "-e", script];
  const child = await startChild({ what: "the server", command, env, folder, log: join(folder, log) });
  open.push(child);
  return child;
}
const FOREVER = "setInterval(() => {}, 1000);";

test("a crash is reported with its exit code and its last lines", async () => {
  const child = await start(
    'for (let i = 1; i <= 30; i++) console.log("line " + i); console.error(process.env.WHY); process.exit(3)',
    { env: { WHY: "no disk" } },
  );
  const death = await child.died;
  expect(death).toMatchObject({ what: "the server", code: 3, signal: null });
  const lines = death.output.split("\n");
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([20, "line 12", "no disk"]);
  expect(describeDeath(death)).toContain("the server exited with code 3. Its last lines:\n  | line 12\n");
  await child.ended;
});

test("a dying command's output cannot act on the terminal that shows it", async () => {
  const child = await start(String.raw`console.log("\x1b]0;owned\x07\x1b[2Jgone\x1b[31m red"); process.exit(1)`);
  expect(describeDeath(await child.died)).toBe("the server exited with code 1. Its last lines:\n  | gone red");
});

test("a command gets little of this process's environment, and what is meant for it", async () => {
  process.env.SECRET_OF_THE_REHEARSER = "s3cret";
  onTestFinished(() => void delete process.env.SECRET_OF_THE_REHEARSER);
  const child = await start("console.log(JSON.stringify(process.env)); process.exit(1)", { env: { WHY: "meant" } });
  const { output } = await child.died;
  const names = Object.keys(JSON.parse(output));
  expect(names).toEqual(expect.arrayContaining(["PATH", "WHY"]));
  expect(names.filter((name) => !/^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LC_\w+|WHY)$/.test(name))).toEqual([]);
});

test("a death by signal without output does not show earlier log lines", async () => {
  writeFileSync(join(folder, "old.log"), "from long ago\n");
  const child = await start('process.kill(process.pid, "SIGSEGV")', { log: "old.log" });
  expect(describeDeath(await child.died)).toBe("the server was killed by SIGSEGV. It printed nothing.");
});

test("a child that is asked to stop ends, gracefully or by force, which is not a crash", async () => {
  const deaths: unknown[] = [];
  const polite = await start(
    `process.on("SIGTERM", () => { console.log("bye"); process.exit() }); console.log("up"); ${FOREVER}`,
  );
  const stubborn = await start(`process.on("SIGTERM", () => {}); console.log("up"); ${FOREVER}`);
  for (const child of [polite, stubborn]) {
    child.died.then((death) => deaths.push(death));
    await expect.poll(child.output, soon).toContain("up");
  }
  const began = performance.now();
  await polite.stop(10_000);
  expect(polite.output()).toContain("bye");
  expect(performance.now() - began).toBeLessThan(5000);
  await stubborn.stop(200);
  expect([polite, stubborn].map(({ pid }) => lives(pid))).toEqual([false, false]);
  await stubborn.stop(200);
  await stubborn.kill();
  expect(deaths).toEqual([]);
});

test("a command's children end with it, even when the command exits first", async () => {
  const spawn = `const { pid } = require("node:child_process").spawn(process.execPath, ["-e", "${FOREVER}"]); console.log(pid);`;
  const parent = await start(`${spawn} ${FOREVER}`);
  const leaver = await start(`${spawn} process.exit(0)`);
  await expect.poll(parent.output, soon).not.toBe("");
  await leaver.ended;
  await parent.kill();
  const pids = [parent, leaver].map((child) => Number(child.output().split("\n")[0]));
  expect(pids.every((pid) => pid > 0)).toBe(true);
  await expect.poll(() => pids.map(lives), soon).toEqual([false, false]);
});

test.each([
  ["a command that does not exist", { command: ["no-such-server", "--port", "1"], folder }, "ENOENT"],
  ["a folder that does not exist", { command: [process.execPath], folder: join(folder, "nowhere") }, "ENOENT"],
  ["a file that is no program", { command: [import.meta.filename], folder }, "EACCES"],
  ["an empty command", { command: [""], folder }, "could not start"],
])("%s is reported with the command", async (_, { command, folder: at }, why) => {
  const start = startChild({ what: "files stable", command, folder: at, log: join(folder, "none.log") });
  await expect(start).rejects.toThrow(why);
  await expect(start).rejects.toThrow(`could not start files stable`);
  await expect(start).rejects.toThrow(`Command, in ${at}: ${command.join(" ")}`);
});
