import { styleText } from "node:util";
import { services } from "../ecosystem/services.ts";
import type { SmokeOptions, SmokeReport } from "../smoke/smoke.ts";
import { UsageError } from "./usage.ts";
import { type ExitCode, type Io, numberOption, verb } from "./verb.ts";

type Flags = {
  service?: string;
  path?: string;
  health?: string;
  expectTool?: string[];
  call?: NonNullable<SmokeOptions["calls"]>;
  expectVersion?: string;
  expectLimit?: number;
  header?: Record<string, string>;
  timeout?: number;
};

export const command = verb<Flags>(
  "smoke <url>",
  "run the eight smoke tests against an MCP server",
  "npx maha smoke http://127.0.0.1:8680 --service mahavishnu --header 'Authorization: Bearer ...'",
  async ([url = ""], flags, io) => {
    const options = optionsOf(url, flags);
    const { runSmoke } = await import("../smoke/smoke.ts");
    const report = await runSmoke({ ...options, ...(!io.json && { onTest: inOrderOfId(io) }) });
    io.print(report);
    if (!io.json) io.say(summary(report));
    return exitCode(report);
  },
)
  .option("--service <name>", `a known service fills in the rest: ${services.map(({ name }) => name).join(", ")}`)
  .option("--path <path>", "where MCP is below the URL (else /mcp is tried)", pathOption("path"))
  .option("--health <path>", "a health address below the URL (else MCP's own ping)", pathOption("health"))
  .option("--expect-tool <tool>", "a tool that must be listed; may be repeated", collected)
  .option("--call <tool-and-json>", "a safe tool call, 'tool {json}'; may be repeated", collectedCalls)
  .option("--expect-version <version>", "the version the server must report")
  .option(
    "--expect-limit <calls>",
    "429 must come beyond so many calls",
    numberOption("expect-limit", { min: 1, max: 10_000, whole: true }, "60"),
  )
  .option(
    "--header <name:value>",
    "sent with every request; its value is never shown; may be repeated",
    collectedHeaders,
  )
  .option("--timeout <seconds>", "for each test (default: 10)", numberOption("timeout", { min: 0.1, max: 3600 }, "10"));

/** What to run, from what was written. @throws UsageError */
function optionsOf(url: string, flags: Flags): SmokeOptions {
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
    headers: flags.header,
    timeoutMs: flags.timeout === undefined ? undefined : flags.timeout * 1000,
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

function collectedCalls(text: string, before: NonNullable<Flags["call"]> = []): NonNullable<Flags["call"]> {
  const [, tool = "", json = ""] = /^\s*(\S+)\s*(.*)$/s.exec(text) ?? [];
  const given = json.trim() === "" ? {} : parsedJson(json);
  if (tool && typeof given === "object" && given !== null && !Array.isArray(given)) {
    return [...before, { tool, arguments: given as Record<string, unknown> }];
  }
  throw new UsageError(`--call '${text}': not a tool and a JSON object. Example: --call 'echo {"message":"hello"}'`);
}

// What is wrong with a header is said without the header: it may hold a secret.
function collectedHeaders(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^:\s]+):(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError("--header: not a name and a value. Example: --header 'Authorization: Bearer ...'");
  }
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new UsageError(`--header ${name}: its name or value holds a character that no header may have`);
  }
  const headers = new Headers(before);
  headers.append(name, value.trim());
  return Object.fromEntries(headers);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Says each test as soon as all with a smaller id have been said: people read them in order, though they end in another. */
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

// styleText itself leaves the text plain under NO_COLOR and where standard error is no terminal.
const painted = (colour: "green" | "red" | "yellow", text: string): string =>
  process.env.CI ? text : styleText(colour, text, { stream: process.stderr });

const exitCode = ({ failed }: SmokeReport): ExitCode => (failed > 0 ? 1 : 0);
