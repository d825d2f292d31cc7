import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { root } from "./graphs.ts";

export type Said = { code: number; stdout: string; stderr: string };

/** A folder with the committed stacks and releases, to add evidence to; the test's end removes it. */
export async function project() {
  const folder = await mkdtemp(join(tmpdir(), "maha-readiness-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const part of [
    "Pulumi.prod.yaml",
    "Pulumi.staging.yaml",
    "Pulumi.local.yaml",
    "releases",
    "images",
    "package-lock.json",
  ]) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  await symlink(join(root, "docs"), join(folder, "docs"));

  const path = [join(folder, "bin"), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path, NO_COLOR: "1" };
  const maha = (...args: string[]) =>
    new Promise<Said>((resolve) => {
      const child = execFile(
        process.execPath,
        [join(root, "cli/maha.ts"), ...args],
        { cwd: folder, env, maxBuffer: 1 << 26 },
        (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  const write = async (file: string, content: unknown): Promise<string> => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), typeof content === "string" ? content : JSON.stringify(content));
    return join(folder, file);
  };
  const edit = async (file: string, change: (text: string) => string) =>
    writeFile(join(folder, file), change(await readFile(join(folder, file), "utf8")));
  const tool = async (name: string, script: string) => {
    await chmod(await write(`bin/${name}`, `#!${process.execPath}\n${script}`), 0o755);
  };
  return { folder, maha, write, edit, tool };
}

/**
 * A stand-in for osv-scanner 2 that really reads the lock files it is given, and finds what is planted: package names
 * with their CVSS score.
 */
export const scannerFinding = (planted: Record<string, string>): string => `
const { readFileSync } = require("node:fs");
const { resolve } = require("node:path");
if (process.argv.includes("--version")) { console.log("osv-scanner version: 2.5.0\\ncommit: n/a"); process.exit(0); }
const planted = ${JSON.stringify(planted)};
const locks = process.argv.flatMap((word, i) => (word === "--lockfile" ? [process.argv[i + 1]] : []));
const named = (lock) => {
  const file = lock.replace(/^requirements\\.txt:/, "");
  const text = readFileSync(file, "utf8");
  const found = file.endsWith(".json")
    ? Object.entries(JSON.parse(text).packages).filter(([path]) => path).map(([path, { version }]) => [path.split("node_modules/").at(-1), version])
    : text.split("\\n").flatMap((line) => { const [, name, version] = /^([\\w.-]+)==(\\S+)/.exec(line) ?? []; return name ? [[name, version]] : []; });
  const packages = found.map(([name, version]) => ({
    package: { name, version, ecosystem: file.endsWith(".json") ? "npm" : "PyPI" },
    ...(name in planted && { groups: [{ ids: ["TEST-" + name], aliases: ["TEST-" + name], max_severity: planted[name] }] }),
  }));
  return { source: { path: resolve(file), type: "lockfile" }, packages };
};
const results = locks.map(named);
console.log(JSON.stringify({ results, experimental_config: {} }));
process.exit(results.some(({ packages }) => packages.some(({ groups }) => groups)) ? 1 : 0);
`;

/** A stand-in that reaches no database. */
export const scannerWithoutDatabase = `
if (process.argv.includes("--version")) { console.log("osv-scanner version: 2.5.0"); process.exit(0); }
console.error("Error during extraction: max retries exceeded");
process.exit(127);
`;

/** An exported state of one service that everybody may call. */
export const exportedState = (stack: string, member: string) => ({
  version: 3,
  deployment: {
    resources: [
      {
        urn: `urn:pulumi:${stack}::mahavishnu::pulumi:pulumi:Stack::mahavishnu-${stack}`,
        type: "pulumi:pulumi:Stack",
        custom: false,
      },
      {
        urn: `urn:pulumi:${stack}::mahavishnu::gcp:cloudrunv2/serviceIamMember:ServiceIamMember::open`,
        type: "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
        custom: true,
        inputs: {
          member,
          note: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "c2VjcmV0" },
        },
        outputs: { member },
      },
    ],
  },
});
