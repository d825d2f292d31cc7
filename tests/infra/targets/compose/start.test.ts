import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { started } from "../../../../infra/targets/compose/start.ts";

/** Runs what a container would run, with its secrets in another folder. */
async function run(command: string[], preparations: Parameters<typeof started>[1], secrets: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), "maha-start-"));
  await mkdir(join(folder, "secrets"));
  for (const [name, value] of Object.entries(secrets)) await writeFile(join(folder, "secrets", name), value);
  const { entrypoint, command: rest } = started(command, preparations);
  const [program = "", ...all] = [...entrypoint, ...rest];
  const moved = all.map((part) => part.replaceAll("/run/secrets/", `${folder}/secrets/`));
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(program, moved, { env: { PATH: process.env.PATH } }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

const show = ["sh", "-c", 'printf "%s|%s|%s" "$A" "$B" "$*"', "sh"];

describe("a container's start", () => {
  test("exports secrets as variables, whatever their content, and execs the command with all its arguments", async () => {
    const value = 'it\'s "$HOME" `id` \\n %s\nand more';
    const { stdout, code } = await run(
      [...show, "one  two", "", "*"],
      { variables: { A: "first", B: "second" } },
      { first: value, second: "x\n" },
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${value}|x|one  two  *` });
  });

  test("is the command itself from then on: signals reach it", async () => {
    const { stdout } = await run(["sh", "-c", "echo $$ $PPID"], {}, {});
    expect(Number(stdout.split(" ")[1])).toBe(process.pid);
  });

  test("writes files before it, in folders that need not be there", async () => {
    const folder = await mkdtemp(join(tmpdir(), "maha-start-"));
    const files = { [`${folder}/a/b.yml`]: "x: '%s \\n $1'\n", [`${folder}/a/c`]: "" };
    expect((await run(["cat", `${folder}/a/b.yml`], { files }, {})).stdout).toBe("x: '%s \\n $1'\n");
    expect(await readFile(`${folder}/a/c`, "utf8")).toBe("");
  });

  test("fails if a secret is missing, without starting the command", async () => {
    const { code, stdout, stderr } = await run(["echo", "begun"], { variables: { A: "missing" } }, {});
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toContain("missing");
  });
});
