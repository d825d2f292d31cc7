import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../envoy.ts";

/** Where the script of a real machine writes. */
const PLACES = ["/run/singles", "/mnt/disks", "/var/lib/singles", "/etc/"];

/** A machine that exists in a folder: its commands keep books instead of doing anything. */
export type TestMachine = {
  folder: string;
  /** Runs a script on it; `ok` is whether it ended well. */
  run(script: string): Promise<{ ok: boolean; output: string }>;
  /** What was called since the last run began, one command a line. */
  calls(): string[];
  /** The names of the containers that run. */
  running(): string[];
  /** Makes something go wrong there, or right again: a file of `bin/` says what its name means. */
  mark(name: string, content?: string): void;
  unmark(name: string): void;
  read(path: string): string;
};

/** A new machine, gone after the test. */
export async function testMachine(): Promise<TestMachine> {
  const folder = await temporaryFolder();
  const inside = (path: string) => join(folder, path);
  const moved = (script: string) => PLACES.reduce((text, place) => text.replaceAll(place, inside(place)), script);
  return {
    folder,
    run(script) {
      rmSync(inside("calls"), { force: true });
      writeFileSync(inside("script"), moved(script));
      const env = { PATH: `${join(import.meta.dirname, "bin")}:${process.env.PATH}`, MACHINE: folder };
      return new Promise((resolve) => {
        execFile("bash", [inside("script")], { env, timeout: 20_000 }, (error, stdout, stderr) =>
          resolve({ ok: error === null, output: `${stdout}${stderr}` }),
        );
      });
    },
    calls: () => (existsSync(inside("calls")) ? readFileSync(inside("calls"), "utf8").trimEnd().split("\n") : []),
    running: () =>
      (existsSync(inside("containers")) ? readdirSync(inside("containers")) : []).filter((name) =>
        readFileSync(inside(join("containers", name)), "utf8").includes("running"),
      ),
    mark(name, content = "") {
      mkdirSync(dirname(inside(name)), { recursive: true });
      writeFileSync(inside(name), content);
    },
    unmark: (name) => rmSync(inside(name), { force: true }),
    read: (path) => readFileSync(inside(path), "utf8"),
  };
}
