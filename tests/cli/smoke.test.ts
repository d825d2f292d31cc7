import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { command } from "../../cli/smoke.ts";
import { UsageError } from "../../cli/usage.ts";
import { type ReferenceServer, startReferenceServer } from "../reference-server/server.ts";

let server: ReferenceServer;
beforeAll(async () => {
  server = await startReferenceServer({ name: "mahavishnu", version: "0.36.0" });
});
afterAll(() => server.close());

/** Runs `maha smoke` as a process: its exit code, and what it wrote. */
const maha = (...args: string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, ["cli/maha.ts", "smoke", ...args], (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

test("a known service needs only its name; people get one plain line per test on standard error", async () => {
  const { code, stdout, stderr } = await maha(server.url, "--service", "mahavishnu", "--expect-version", "0.36.0");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  const lines = stderr.trimEnd().split("\n");
  expect(lines.map((line) => line.slice(0, 7))).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((id) => `pass  ${id}`).concat("8 passe"),
  );
  expect(lines[0]).toMatch(/^pass {2}1 health +\d+\.\d ms {2}GET \/healthz answered 200 \{"status":"ok"\}$/);
  expect(lines[2]).toContain("4 tools, list_repos, get_health, get_liveness, pool_list among them");
  expect(lines[8]).toBe(`8 passed, 0 failed, 0 skipped: mahavishnu 0.36.0 at ${server.url}/mcp, protocol 2025-11-25`);
});

test("with --json standard output holds one object and standard error nothing; written flags win over the service's", async () => {
  const { code, stdout, stderr } = await maha(
    ...[
      server.url,
      "--json",
      "--service",
      "mahavishnu",
      "--health",
      "/health",
      "--expect-tool",
      "fly",
      "--expect-tool",
      "swim",
    ],
    ...[
      "--call",
      'list_repos {"a":[1]}',
      "--call",
      "get_health",
      "--timeout",
      "2.5",
      "--header",
      "X-Api-Key: secret-1",
    ],
  );
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).not.toContain("secret-1");
  const report = JSON.parse(stdout);
  expect(Object.keys(report)).toEqual(["url", "server", "protocol", "passed", "failed", "skipped", "tests"]);
  expect(report.tests.map(Object.keys)).toEqual(Array(8).fill(["id", "name", "verdict", "ms", "detail"]));
  const details = report.tests.map(({ detail }: { detail: string }) => detail);
  expect(details[0]).toContain("not healthy: it returned 503");
  expect(details[2]).toContain("fly, swim not among the 4 tools");
  expect(details[3]).toContain("list_repos answered");
  expect(details[4]).toContain("get_health answered");
  expect(report).toMatchObject({ passed: 5, failed: 3, skipped: 0, server: { name: "mahavishnu", version: "0.36.0" } });
});

test("a header's value can come from the environment, where no other user of the machine reads it", async () => {
  process.env.SMOKE_AUTHORIZATION = "Bearer s3cret-1";
  onTestFinished(() => void delete process.env.SMOKE_AUTHORIZATION);
  const said: string[] = [];
  const seen = createServer((request, response) => {
    said.push(request.headers.authorization ?? "none");
    response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void seen.close());
  await once(seen, "listening");
  const url = `http://127.0.0.1:${(seen.address() as AddressInfo).port}`;
  const { stdout, stderr } = await maha(
    url,
    "--json",
    "--header-env",
    "Authorization=SMOKE_AUTHORIZATION",
    "--timeout",
    "2",
  );
  expect(new Set(said)).toEqual(new Set(["Bearer s3cret-1"]));
  expect(stdout + stderr).not.toContain("s3cret");
});

test("a server that is not there fails", async () => {
  const gone = await startReferenceServer({ name: "gone", version: "1" });
  await gone.close();
  const { code, stderr } = await maha(gone.url);
  expect(code).toBe(1);
  expect(stderr).toContain("0 passed, 6 failed, 2 skipped");
});

test("wrong usage ends the process with 64 and one line", async () => {
  const { code, stdout, stderr } = await maha("localhost:8680");
  expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  expect(stderr).toBe(
    "smoke localhost:8680: not an http or https URL. Example: npx maha smoke http://127.0.0.1:8680\n",
  );
});

describe("wrong usage names the problem, without a secret", () => {
  test.each<[string[], string]>([
    [["ftp://user:secret@h/"], "smoke ftp://***@h/: not an http or https URL"],
    [["http://h", "--service", "nobody"], "--service nobody: not one of session-buddy, akosha, mahavishnu"],
    [["http://h", "--call", "echo {"], "--call 'echo {': expected a tool name and a JSON object"],
    [["http://h", "--call", "echo [1]"], "--call 'echo [1]': expected a tool name and a JSON object"],
    [["http://h", "--header", "secret"], "--header: expected NAME:VALUE"],
    [["http://h", "--header", "X-Key: \u0001secret"], "--header X-Key: its name or value contains a character"],
    [["http://h", "--header-env", "Authorization: Bearer secret"], "--header-env: expected NAME=VARIABLE"],
    [
      ["http://h", "--header-env", "X-Key=NOT_SET"],
      "--header-env X-Key=NOT_SET: the environment variable NOT_SET is not set",
    ],
    [["http://h", "--timeout", "soon"], "--timeout soon: expected a number from 0.1 to 3600"],
    [["http://h", "--expect-limit", "0"], "--expect-limit 0: expected a whole number from 1"],
    [["http://h", "--health", "healthz"], "--health healthz: not a path"],
  ])("%o", async (args, words) => {
    const program = new Command().addCommand(command.exitOverride());
    const parsed = program.parseAsync(["smoke", ...args], { from: "user" });
    const error = await parsed.then(
      () => new Error("it was accepted"),
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(words);
    expect(error.message).not.toContain("secret");
  });
});
