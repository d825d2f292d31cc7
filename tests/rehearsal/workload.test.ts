import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { RehearsalError } from "../../rehearsal/error.ts";
import {
  defaultWorkload,
  type RehearsedService,
  readWorkload,
  revisionId,
  withPort,
} from "../../rehearsal/workload.ts";

const folder = mkdtempSync(join(tmpdir(), "workload-"));
afterAll(() => rmSync(folder, { recursive: true }));

const side = (version: string) => ({ version, command: ["serve", "--port", "{port}"] });
const service = { name: "files", stable: side("1"), candidate: side("2"), calls: [{ tool: "list" }] };

function read(content: unknown) {
  const file = join(folder, "workload.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return readWorkload(file);
}

test("what may be left out has its usual value, and commands run beside the file", () => {
  expect(read({ services: [service] })).toEqual({
    folder,
    services: [
      {
        name: "files",
        stable: { ...side("1"), env: {} },
        candidate: { ...side("2"), env: {} },
        path: "/mcp",
        ready: 60,
        expectTools: [],
        calls: [{ tool: "list", arguments: {} }],
        sessions: true,
      },
    ],
  });
});

test("a variable of the own environment is passed on by its name, and never written down", () => {
  process.env.FILES_TOKEN = "s3cret";
  onTestFinished(() => void delete process.env.FILES_TOKEN);
  const stable = { ...side("1"), env: { API_TOKEN: { from: "FILES_TOKEN" } } };
  const workload = read({ services: [{ ...service, stable }] });
  expect(JSON.stringify(workload)).not.toContain("s3cret");
  expect(workload.services[0] && withPort(workload.services[0].stable, 1).env).toEqual({ API_TOKEN: "s3cret" });
  delete process.env.FILES_TOKEN;
  expect(() => read({ services: [{ ...service, stable }] })).toThrow(
    /services\[0\]\.stable\.env\.API_TOKEN.*: .*this environment variable is not set/s,
  );
});

test("a key that no object may have is refused with its place", () => {
  expect(() => read('{"services": [{"env": {"__proto__": "x"}}]}')).toThrow(
    /workload\.json: cannot read the workload: the key __proto__ is not allowed \(in services\[0\]\.env\)/,
  );
});

test("everything that is wrong is said at once, with file, key and an example", () => {
  const broken = {
    services: [
      {
        name: "Files!",
        stable: { version: "1", command: ["serve"] },
        candidate: { version: 2, command: [], env: { PORT: "{port}" } },
        path: "mcp",
        ready: 0,
        calls: [],
        retries: 3,
      },
    ],
  };
  let message = "";
  try {
    read(broken);
  } catch (error) {
    expect(error).toBeInstanceOf(RehearsalError);
    message = (error as Error).message;
  }
  const lines = message.split("\n");
  const keys = ["name", "stable.command", "candidate.version", "candidate.command", "path", "ready", "calls"];
  for (const key of keys) expect(lines.some((line) => line.includes(`workload.json, services[0].${key}: `))).toBe(true);
  expect(message).toContain('Unrecognized key: "retries"');
  expect(message).toContain("{port} must occur");
  expect(lines).toHaveLength(keys.length + 1);
  for (const line of lines) expect(line).toContain("Example: ");
});

test.each([
  ["no JSON", "{ services", "cannot read the workload"],
  ["no services", { services: [] }, "services: "],
  ["no object", [1], "the whole file: "],
  ["one name twice", { services: [service, service] }, "two services have the same name"],
])("%s", (_, content, message) => {
  expect(() => read(content)).toThrow(RehearsalError);
  expect(() => read(content)).toThrow(message);
});

test("a file that is not there", () => {
  expect(() => readWorkload(join(folder, "nothing.json"))).toThrow(RehearsalError);
  expect(() => readWorkload(join(folder, "nothing.json"))).toThrow("nothing.json");
});

test("the default workload runs two different published versions", () => {
  const [everything] = defaultWorkload().services as [RehearsedService];
  expect(everything.stable.version).not.toBe(everything.candidate.version);
  expect(revisionId(everything, "stable")).toMatch(/^everything-[0-9a-f]{10}$/);
  expect(revisionId(everything, "stable")).not.toBe(revisionId(everything, "candidate"));
});

test("a revision is what runs: same version, command and environment, in any order", () => {
  const parsed = read({ services: [service] }).services[0] as RehearsedService;
  const twin = (over: object) =>
    revisionId({ ...parsed, candidate: { ...parsed.stable, ...over } }, "candidate") === revisionId(parsed, "stable");
  expect(twin({})).toBe(true);
  expect(twin({ version: "2" })).toBe(false);
  expect(twin({ command: ["serve", "--port={port}"] })).toBe(false);
  expect(twin({ env: { A: "1" } })).toBe(false);
  const ordered = { ...parsed, stable: { ...parsed.stable, env: { A: "1", B: "2" } } };
  const reordered = { ...parsed, stable: { ...parsed.stable, env: { B: "2", A: "1" } } };
  expect(revisionId(ordered, "stable")).toBe(revisionId(reordered, "stable"));
});

test("the port is filled in wherever it is asked for", () => {
  const filled = withPort(
    { version: "1", command: ["a", "--url=http://x:{port}/{port}"], env: { PORT: "{port}" } },
    4711,
  );
  expect(filled).toEqual({ command: ["a", "--url=http://x:4711/4711"], env: { PORT: "4711" } });
});
