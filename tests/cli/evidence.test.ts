import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { services } from "../../ecosystem/services.ts";
import { settingsOn } from "../../infra/config/settings.ts";
import { readStack } from "../../infra/config/stack-file.ts";
import { readRelease } from "../../infra/release/files.ts";
import { generate } from "../../infra/secrets/generate.ts";
import { judgeSecrets } from "../../infra/secrets/judge.ts";
import { requiredSecrets } from "../../infra/secrets/required.ts";
import { proving } from "../policies/fixtures.ts";
import { root } from "../policies/graphs.ts";
import { project, scannerFinding, scannerWithoutDatabase } from "../policies/project.ts";
import { type ReferenceServer, startReferenceServer } from "../reference-server/server.ts";

let server: ReferenceServer;
beforeAll(async () => {
  server = await startReferenceServer({ name: "mahavishnu", version: "0.36.0" });
});
afterAll(() => server?.close());

/** What `maha secrets check --json` prints for a stack whose secrets are all well. */
function goodSecrets(stack: string) {
  const { file, settings } = readStack(root, stack);
  const required = requiredSecrets(settingsOn(settings, settings.target, file), services);
  const today = new Date();
  const values = Object.fromEntries(required.map((name) => [name, given[name] ?? generate(name)]));
  const dates = Object.fromEntries(required.map((name) => [name, today.toISOString().slice(0, 10)]));
  return {
    stack,
    target: settings.target,
    secrets: judgeSecrets(required, { stack, set: required, values, dates, today }),
  };
}
const given: Record<string, string> = {
  "pagerduty-routing-key": "a1".repeat(16),
  "slack-webhook-url": "https://hooks.test.dev/services/x",
  "ticket-webhook-url": "https://tickets.test.dev/hook/x",
  "deadman-webhook-url": "https://deadman.test.dev/ping/x",
};

const { revisions } = readRelease(root, "prod", "r1");
const digests = Object.fromEntries(
  Object.values(revisions)
    .flat()
    .map(({ service, image }) => [service, /sha256:[0-9a-f]{64}$/.exec(image)?.[0] ?? ""]),
);

test("with a complete set of evidence, made by the commands, prod has 100 and may be deployed", {
  timeout: 180_000,
}, async () => {
  const { maha, write, tool, folder } = await project();
  await tool("osv-scanner", scannerFinding({}));
  const add = async (kind: string, stack: string, result: unknown, ...more: string[]) => {
    const from = await write(`found/${kind}.json`, result);
    const said = await maha("evidence", "add", kind, "--stack", stack, "--from", from, "--by", "tests", ...more);
    expect(said).toMatchObject({ code: 0, stderr: expect.stringContaining("recorded") });
  };

  const audit = await maha("evidence", "audit", "--stack", "prod", "--json");
  expect(audit).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("releases/prod/r1.evidence/security-audit.json: recorded"),
  });
  const smoke = await maha("smoke", server.url, "--service", "mahavishnu", "--json");
  const named = (...services: string[]) =>
    services.flatMap((name) => ["--digest", `${name}=registry.test/${name}@${digests[name]}`]);
  await Promise.all([
    add("smoke", "staging", smoke.stdout, ...named("akosha", "mahavishnu", "session-buddy")),
    add("unit-tests", "staging", proving["unit-tests"], ...named("akosha", "mahavishnu")),
    add("secrets", "prod", goodSecrets("prod")),
    add("backup", "prod", proving.backup),
    add("restore-drill", "prod", proving["restore-drill"]),
    add("pager", "prod", proving.pager),
  ]);
  await add("unit-tests", "staging", proving["unit-tests"], ...named("session-buddy"));

  const { code, stdout } = await maha("readiness", "--stack", "prod", "--json");
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ score: 100, band: "ready", gate: { open: true } });
  expect(code).toBe(0);

  const listed = await maha("evidence", "list", "--stack", "prod", "--json");
  expect(listed.stdout.trim().split("\n")).toHaveLength(8);
  expect(listed.stderr.match(/ valid$/gm)).toHaveLength(8);
  // what staging found out about these images lies with staging
  expect(await readdir(join(folder, "releases/staging/r1.evidence"))).toEqual([
    "smoke.json",
    "unit-tests-session-buddy.json",
    "unit-tests.json",
  ]);
});

describe("an audit", () => {
  test("counts what it finds in the images' lock files and in npm's, and fails the check", async () => {
    const { maha, tool, folder } = await project();
    await tool("osv-scanner", scannerFinding({ aiohttp: "9.8", zod: "5.3", yaml: "" }));
    const { code, stderr, stdout } = await maha("evidence", "audit", "--stack", "prod", "--json");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^critical TEST-aiohttp: aiohttp \S+ in images\/akosha\/requirements\.lock$/m);
    const { result, digests: spoken } = JSON.parse(stdout);
    expect(result).toMatchObject({
      critical: 3,
      medium: 1,
      unrated: 1,
      high: 0,
      scanner: "osv-scanner version: 2.5.0",
    });
    expect(result.packages).toBeGreaterThan(1000);
    expect(Object.keys(result.locks)).toHaveLength(4);
    expect(spoken).toEqual(digests);
    expect(
      JSON.parse(await readFile(join(folder, "releases/prod/r1.evidence/security-audit.json"), "utf8")).result,
    ).toEqual(result);
  });

  test("without a vulnerability database fails, and records nothing", async () => {
    const { maha, tool, folder } = await project();
    await tool("osv-scanner", scannerWithoutDatabase);
    const { code, stderr } = await maha("evidence", "audit", "--stack", "prod");
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining("max retries exceeded") });
    expect(existsSync(join(folder, "releases/prod/r1.evidence"))).toBe(false);
  });
});

describe("evidence that is given", () => {
  test("for another image, dated in the future, or malformed, exits with 64 and records nothing", async () => {
    const { maha, write, folder } = await project();
    const from = await write("tests.json", proving["unit-tests"]);
    const asked = ["evidence", "add", "unit-tests", "--stack", "prod", "--from", from];
    const other = await maha(...asked, "--digest", `akosha=sha256:${"9".repeat(64)}`);
    expect(other).toMatchObject({
      code: 64,
      stdout: "",
      stderr: expect.stringContaining("does not run this image of akosha"),
    });
    const future = await maha(...asked, "--digest", `akosha=${digests.akosha}`, "--date", "2999-01-01T00:00:00Z");
    expect(future).toMatchObject({ code: 64, stderr: expect.stringContaining("dated in the future") });
    expect(existsSync(join(folder, "releases/prod/r1.evidence"))).toBe(false);
  });
});
