import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../fixtures/releases.ts";

const preload = join(root, "infra/preload.js");
const pulumi = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));

/** Runs Node with some arguments in the repository; answers with its exit code and all that it printed. */
const node = (...args: string[]): Promise<{ code: number; output: string }> =>
  new Promise((resolve) =>
    execFile(process.execPath, args, { cwd: root, maxBuffer: 2 ** 24 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: `${stdout}${stderr}` }),
    ),
  );

/** The files that are loaded where Pulumi's runtime and its package are, each a line. */
const loading = `
  require(${JSON.stringify(pulumi.resolve("@pulumi/pulumi"))});
  require(${JSON.stringify(pulumi.resolve("source-map-support/register"))});
  require(${JSON.stringify(pulumi.resolve("./runtime/closure/v8Hooks"))}).isInitializedAsync().then(() =>
    console.log(Object.values(require.cache).filter(({ children }) => children.length > 0).map(({ id }) => id).join("\\n")));
`;

const heavy = [/vendor\/typescript@|\/typescript-shim\.js/, /@npmcli\/arborist/, /source-map-support/];

test("unused modules are left out, and would be loaded otherwise", async () => {
  const [lean, whole] = [await node("--import", preload, "-e", loading), await node("-e", loading)];
  expect([lean.code, whole.code]).toEqual([0, 0]);
  for (const pattern of heavy) {
    expect(lean.output).not.toMatch(pattern);
    expect(whole.output).toMatch(pattern);
  }
  expect(lean.output).toMatch(/@pulumi\/pulumi\/index\.js/);
});

test("on a Node that cannot run TypeScript, an error names one that can", async () => {
  const { code, output } = await node("--no-strip-types", "--import", preload, "-e", "console.log('ran')");
  expect(code).toBe(1);
  expect(output).toMatch(
    /cannot run this TypeScript program\. The project installs a Node that can: run export PATH=".*node_modules\/\.bin:/,
  );
  expect(output).not.toMatch(/ran/);
});
