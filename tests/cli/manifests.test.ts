import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { root } from "../fixtures/releases.ts";

/** Runs `maha manifests` as a person does, in a shell that names no stack. */
function maha(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = [join(root, "cli/maha.ts"), "manifests", ...args];
  const { MAHA_STACK: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root, env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

test("maha manifests prints YAML on standard output, and the same as one JSON list", async () => {
  const [yaml, json] = await Promise.all([maha("--stack", "prod"), maha("--stack", "prod", "--json")]);
  expect(yaml).toMatchObject({ code: 0, stderr: "" });
  expect(json).toMatchObject({ code: 0, stderr: "" });
  const documents = parseAllDocuments(yaml.stdout).map((document) => document.toJS());
  expect(JSON.parse(json.stdout)).toEqual({ apiVersion: "v1", kind: "List", items: documents });
});

test("maha manifests of a stack without a cluster says what is missing and prints nothing", async () => {
  const { code, stdout, stderr } = await maha("--stack", "staging");
  expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  expect(stderr).toMatch(/^Pulumi\.staging\.yaml, mahavishnu:kubernetes: missing/);
});
