import { styleText } from "node:util";
import { services } from "../ecosystem/services.ts";
import { type Seconds, toMilliseconds } from "../ecosystem/units.ts";
import type { SmokeOptions, SmokeReport } from "../smoke/smoke.ts";
import { UsageError } from "./usage.ts";
import { type ExitCode, type Io, numberOption, verb } from "./verb.ts";

type SmokeFlags = {
  service?: string;
  path?: string;
  health?: string;
  expectTool?: string[];
  call?: NonNullable<SmokeOptions["calls"]>;
  expectVersion?: string;
  expectLimit?: number;
  header?: Record<string, string>;
  headerEnv?: Record<string, string>;
  timeout?: Seconds;
};

export const command = verb<SmokeFlags>(
  "smoke <url>",
  "run the eight smoke tests against an MCP server",
  "npx maha smoke http://127.0.0.1:8680 --service mahavishnu --header-env Authorization=MCP_AUTHORIZATION",
  async ([url = ""], flags, io) => {
    const options = optionsOf(url, flags);
    const { runSmoke } = await import("../smoke/smoke.ts");
    const report = await runSmoke({ ...options, ...(!io.json && { onTest: inOrderOfId(io) }) });
    io.print(report);
    if (!io.json) io.say(summary(report));
    return exitCode(report);
  },
)
  .option("--service <name>", `use the defaults of a known service: ${services.map(({ name }) => name).join(", ")}`)
  .option("--path <path>", "MCP endpoint, relative to the URL (default: /mcp)", pathOption("path"))
  .option("--health <path>", "health endpoint, relative to the URL (default: MCP's ping)", pathOption("health"))
  .option("--expect-tool <tool>", "a tool that must be listed; repeatable", collected)
  .option("--call <tool-and-json>", "a safe tool call, 'tool {json}'; repeatable", collectedCalls)
  .option("--expect-version <version>", "the version the server must report")
  .option(
    "--expect-limit <calls>",
    "expect a 429 beyond this many calls",
    numberOption("expect-limit", { min: 1, max: 10_000, whole: true }, "60"),
  )
  .option(
    "--header <name:value>",
    "a header for every request; repeatable; other users of the machine can see it, so use --header-env for secrets",
    collectedHeaders,
  )
  .option(
    "--header-env <name=variable>",
    "a header whose whole value (for example `Bearer ...`) is in an environment variable; repeatable",
    collectedFromEnvironment,
  )
  .option(
    "--timeout <seconds>",
    "timeout of each test (default: 10)",
    numberOption("timeout", { min: 0.1, max: 3600 }, "10"),
  );

/** The smoke options for these arguments. @throws UsageError */
function optionsOf(url: string, flags: SmokeFlags): SmokeOptions {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    const shown = url.replace(/\/\/[^/]*@/, "//***@");
    throw new UsageError(`smoke ${shown}: not an http or https URL. Example: npx maha smoke http://127.0.0.1:8680`);
  }
  const service = services.find(({ name }) => name === flags.service);
  if (flags.service !== undefined && !service) {
    throw new UsageError(`--service ${flags.service}: not one of ${services.map(({ name }) => name).join(", ")}`);
  }
  return {
    url,
    path: flags.path ?? service?.path,
    health: flags.health ?? service?.health,
    expectTools: flags.expectTool ?? service?.tools,
    calls: flags.call ?? service?.calls.map((tool) => ({ tool, arguments: {} })),
    expectVersion: flags.expectVersion,
    expectLimit: flags.expectLimit,
    headers: { ...flags.header, ...flags.headerEnv },
    timeoutMs: flags.timeout === undefined ? undefined : toMilliseconds(flags.timeout),
  };
}

function pathOption(name: string) {
  return (path: string): string => {
    if (/^\/[^?#]*$/.test(path)) return path;
    throw new UsageError(`--${name} ${path}: not a path. Example: --${name} /healthz`);
  };
}

function collected(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function collectedCalls(text: string, before: NonNullable<SmokeFlags["call"]> = []): NonNullable<SmokeFlags["call"]> {
  const [, tool = "", json = ""] = /^\s*(\S+)\s*(.*)$/s.exec(text) ?? [];
  const given = json.trim() === "" ? {} : parsedJson(json);
  if (tool && typeof given === "object" && given !== null && !Array.isArray(given)) {
    return [...before, { tool, arguments: given as Record<string, unknown> }];
  }
  throw new UsageError(
    `--call '${text}': expected a tool name and a JSON object. Example: --call 'echo {"message":"hello"}'`,
  );
}

// Errors never quote a header: it may contain a secret.
function collectedHeaders(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^:\s]+):(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError("--header: expected NAME:VALUE. Example: --header 'Authorization: Bearer ...'");
  }
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new UsageError(`--header ${name}: its name or value contains a character that is not allowed in headers`);
  }
  const headers = new Headers(before);
  headers.append(name, value.trim());
  return Object.fromEntries(headers);
}

function collectedFromEnvironment(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, variable = ""] = /^([^:=\s]+)=(\w+)$/.exec(text) ?? [];
  if (name === undefined) {
    throw new UsageError("--header-env: expected NAME=VARIABLE. Example: --header-env Authorization=MCP_AUTHORIZATION");
  }
  const value = process.env[variable];
  if (value === undefined || value.trim() === "") {
    throw new UsageError(`--header-env ${name}=${variable}: the environment variable ${variable} is not set`);
  }
  return collectedHeaders(`${name}:${value}`, before);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Prints tests in the order of their ids, although they finish in another order. */
function inOrderOfId(io: Io): NonNullable<SmokeOptions["onTest"]> {
  const waiting = new Map<number, SmokeReport["tests"][number]>();
  let next = 1;
  return (test) => {
    waiting.set(test.id, test);
    for (let ready = waiting.get(next); ready; ready = waiting.get(++next)) io.say(line(ready));
  };
}

const colours = { pass: "green", fail: "red", skip: "yellow" } as const;

function line({ id, name, verdict, ms, detail }: SmokeReport["tests"][number]): string {
  return `${painted(colours[verdict], verdict)}  ${id} ${name.padEnd(15)} ${ms.toFixed(1).padStart(8)} ms  ${detail}`;
}

function summary({ url, server, protocol, passed, failed, skipped }: SmokeReport): string {
  const who = server ? `${server.name} ${server.version} at ${url}` : url;
  const spoken = protocol ? `, protocol ${protocol}` : "";
  const counts = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  return `${painted(failed ? "red" : "green", counts)}: ${who}${spoken}`;
}

// styleText handles NO_COLOR and non-terminals itself
const painted = (colour: "green" | "red" | "yellow", text: string): string =>
  process.env.CI ? text : styleText(colour, text, { stream: process.stderr });

const exitCode = ({ failed }: SmokeReport): ExitCode => (failed > 0 ? 1 : 0);
