import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { parseJson } from "../ecosystem/json.ts";
import { reason } from "../load/reason.ts";
import type { WorkloadCall } from "../load/workload-call.ts";
import { RehearsalError } from "./error.ts";

/** What is rehearsed: one or more services, and the folder their commands run in. */
export type Workload = { folder: string; services: RehearsedService[] };

/** One MCP server in two versions, and how to exercise it: see `serviceSchema`. */
export type RehearsedService = z.infer<typeof serviceSchema>;

/**
 * How to start one version of a server. `{port}` in the command and the environment is replaced with its port. Servers
 * inherit little of this process's environment; `{"from": "NAME"}` passes a variable on.
 */
export type Side = z.infer<typeof sideSchema>;

/**
 * Reads a workload file (JSON). Commands run in the file's folder. Throws one `RehearsalError` that lists every problem
 * with its key and an example.
 */
export function readWorkload(file: string): Workload {
  let json: unknown;
  try {
    json = parseJson(readFileSync(file, "utf8"));
  } catch (error) {
    throw new RehearsalError(`${file}: cannot read the workload: ${reason(error)}`);
  }
  const read = workloadSchema.safeParse(json);
  if (!read.success) throw new RehearsalError(read.error.issues.map((issue) => explain(file, issue)).join("\n"));
  return { folder: resolve(dirname(file)), services: read.data.services };
}

/** The default workload: two published releases of the MCP project's demonstration server. */
export function defaultWorkload(): Workload {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  // By default this server listens on all addresses.
  const loopback = fileURLToPath(new URL("loopback.ts", import.meta.url));
  const side = (name: string): Side => {
    const home = resolve(folder, "node_modules", name);
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(`${home}/package.json`, "utf8")));
    const command = [process.execPath, "--import", loopback, `${home}/dist/index.js`, "streamableHttp"];
    return { version, command, env: { PORT: "{port}" } };
  };
  const service = serviceSchema.parse({
    name: "everything",
    stable: side("everything-stable"),
    candidate: side("everything-candidate"),
    expectTools: ["echo", "get-sum"],
    calls: [
      { tool: "echo", arguments: { message: "hello" } },
      { tool: "get-sum", arguments: { a: 2, b: 3 } },
    ],
  });
  return { folder, services: [service] };
}

/** `<service>-<hash of version, command and environment>`: two sides with the same id are the same revision. */
export function revisionId(service: RehearsedService, role: "stable" | "candidate"): string {
  const { version, command, env } = service[role];
  const runs = JSON.stringify([version, command, Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))]);
  return `${service.name}-${createHash("sha256").update(runs).digest("hex").slice(0, 10)}`;
}

/** One side's command and environment with the port filled in. */
export function withPort({ command, env }: Side, port: number): { command: string[]; env: Record<string, string> } {
  const fill = (text: string) => text.replaceAll("{port}", String(port));
  const filled = (value: Side["env"][string]) =>
    typeof value === "string" ? fill(value) : (process.env[value.from] ?? "");
  return {
    command: command.map(fill),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)])),
  };
}

const fromEnvironment = z.strictObject({ from: z.string() }).refine(({ from }) => process.env[from] !== undefined, {
  error: "this environment variable is not set",
  path: ["from"],
});

const sideSchema = z
  .strictObject({
    version: z.string().min(1),
    command: z.array(z.string()).min(1),
    env: z.record(z.string(), z.union([z.string(), fromEnvironment])).default({}),
  })
  .refine(
    ({ command, env }) =>
      [...command, ...Object.values(env)].some((text) => typeof text === "string" && text.includes("{port}")),
    {
      path: ["command"],
      message: "{port} must occur in the command or the environment, so that the server knows where to listen",
    },
  );

const callSchema: z.ZodType<WorkloadCall> = z.strictObject({
  tool: z.string().min(1),
  arguments: z.record(z.string(), z.unknown()).default({}),
});

/**
 * `path`: the MCP endpoint. `health`: a path that returns 200 once the server is ready; without it, a server is ready when
 * it answers an MCP client. `ready`: seconds to wait for that. `expectTools`: tools that the smoke tests expect. `calls`:
 * the users' tool calls; probes use the first. `sessions`: false for a server without sessions.
 */
const serviceSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, "only lower-case letters, digits and dashes, starting with a letter"),
  stable: sideSchema,
  candidate: sideSchema,
  path: z.string().startsWith("/").default("/mcp"),
  health: z.string().startsWith("/").optional(),
  ready: z.number().positive().max(3600).default(60),
  expectTools: z.array(z.string()).default([]),
  calls: z.array(callSchema).min(1),
  sessions: z.boolean().default(true),
});

const workloadSchema = z.strictObject({
  services: z
    .array(serviceSchema)
    .min(1)
    .refine((services) => new Set(services.map(({ name }) => name)).size === services.length, {
      message: "two services have the same name",
    }),
});

const EXAMPLES: Record<string, string> = {
  services: '"services": [{ "name": "files", "stable": {...}, "candidate": {...}, "calls": [...] }]',
  name: '"name": "session-buddy"',
  stable: '"stable": { "version": "1.4.0", "command": ["files-1.4.0", "--port", "{port}"] }',
  candidate: '"candidate": { "version": "1.5.0", "command": ["files-1.5.0", "--port", "{port}"] }',
  version: '"version": "1.4.0"',
  command: '"command": ["files-server", "--host", "127.0.0.1", "--port", "{port}"]',
  env: '"env": { "PORT": "{port}", "API_TOKEN": { "from": "FILES_TOKEN" } }',
  from: '"env": { "API_TOKEN": { "from": "FILES_TOKEN" } }',
  path: '"path": "/mcp"',
  health: '"health": "/healthz"',
  ready: '"ready": 60',
  expectTools: '"expectTools": ["list_files"]',
  calls: '"calls": [{ "tool": "list_files", "arguments": { "folder": "/" } }]',
  tool: '"tool": "list_files"',
  arguments: '"arguments": { "folder": "/" }',
  sessions: '"sessions": false',
};

function explain(file: string, issue: z.core.$ZodIssue): string {
  const key = z.core.toDotPath(issue.path) || "the whole file";
  const example = EXAMPLES[issue.path.findLast((part) => typeof part === "string" && part in EXAMPLES) as string];
  return `${file}, ${key}: ${issue.message}. Example: ${example ?? EXAMPLES.services}`;
}
