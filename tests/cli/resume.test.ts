import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fileJournal } from "../../promotion/journal.ts";
import { plans } from "../../promotion/plan.ts";
import { begin } from "../../promotion/promote.ts";

/** A folder as a rehearsal leaves it, of a workload whose command leaves a trace. */
async function rehearsalAt(path: string, trace: string) {
  await mkdir(path, { recursive: true });
  const side = (version: string) => ({ version, command: ["touch", trace, "{port}", "\u001b[2J"] });
  const workload = join(path, "workload.json");
  const service = { name: "files", stable: side("1"), candidate: side("2"), calls: [{ tool: "list" }] };
  writeFileSync(workload, JSON.stringify({ services: [service] }));
  const settings = { workload, plan: plans.rehearsal, rps: 1, fault: null, sourceDown: 0, seed: 1 };
  writeFileSync(join(path, "rehearsal.json"), JSON.stringify(settings));
  const revisions = [{ service: "files", stable: "files-1", candidate: "files-2" }];
  await begin(fileJournal(join(path, "journal.jsonl")), { at: 1, id: "x", plan: plans.rehearsal, revisions });
  return join(path, "journal.jsonl");
}

const resume = (cwd: string, ...args: string[]) =>
  new Promise<{ code: unknown; stderr: string }>((done) => {
    const child = execFile(process.execPath, [resolve("cli/maha.ts"), "resume", ...args], { cwd }, (_, __, stderr) =>
      done({ code: child.exitCode, stderr }),
    );
    child.stdin?.end("y\n");
  });

function folder() {
  const made = mkdtempSync(join(tmpdir(), "resume-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

test("a folder from elsewhere shows what it would run, and runs nothing where nobody can agree", async () => {
  const [cwd, elsewhere] = [folder(), folder()];
  const journal = await rehearsalAt(join(elsewhere, "given"), join(elsewhere, "trace"));
  await mkdir(join(cwd, ".maha", "rehearsal"), { recursive: true });
  symlinkSync(join(elsewhere, "given"), join(cwd, ".maha", "rehearsal", "given"));
  for (const named of [journal, join(cwd, ".maha/rehearsal/given/journal.jsonl")]) {
    const { code, stderr } = await resume(cwd, named);
    expect(code, stderr).toBe(64);
    expect(stderr).toContain(`files 1, in ${join(elsewhere, "given")}: "touch" "${join(elsewhere, "trace")}" "{port}"`);
    expect(stderr).toContain("confirmation needs a terminal. Read the commands above, then add --yes to run them");
    expect(stderr).not.toContain("\u001b");
  }
});

test("--yes agrees, and nobody is asked about a rehearsal that was begun here", async () => {
  const [cwd, elsewhere] = [folder(), folder()];
  const given = await rehearsalAt(join(elsewhere, "given"), join(elsewhere, "trace"));
  const own = await rehearsalAt(join(cwd, ".maha", "rehearsal", "own"), join(elsewhere, "trace"));
  for (const args of [[given, "--yes"], [own]]) {
    const { code, stderr } = await resume(cwd, ...args);
    expect(code).toBe(64);
    // the next thing that is looked at: the revisions of the journal are not those of the workload
    expect(stderr).toContain("has other revisions of files than the workload describes now");
  }
});
