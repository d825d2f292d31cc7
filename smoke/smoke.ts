import type { Milliseconds } from "../ecosystem/units.ts";
import { burst, burstAgainstLimit } from "./burst.ts";
import { Finding } from "./cause.ts";
import {
  askHealth,
  callTool,
  greeting,
  listTools,
  ping,
  refusals,
  type SafeCall,
  type SmokeBench,
  timeHealth,
} from "./checks.ts";
import { type Connection, connect, disconnect } from "./connection.ts";
import { below, credentials, type EndpointPlace, endpointPlacesOf } from "./endpoint.ts";
import { foreignOrigin } from "./origin.ts";
import { masking, secretsOf, shownHeaders, shownUrl } from "./secrets.ts";
import { openTrials, Skipped, type TestReport } from "./trial.ts";
import type { Wire } from "./wire.ts";

export type SmokeOptions = {
  /** The server's base URL (then `/mcp`, or `path`, is tried below it) or its MCP endpoint. */
  url: string;
  path?: string | undefined;
  /** The health endpoint's path below the base; without it, MCP's ping is used. */
  health?: string | undefined;
  expectTools?: readonly string[] | undefined;
  /** Safe tool calls: the first for tests 4 and 6, the second (else the first) for test 5. */
  calls?: readonly SafeCall[] | undefined;
  expectVersion?: string | undefined;
  /** The number of calls beyond which a rate limit must return 429. */
  expectLimit?: number | undefined;
  /** Sent with every request. Their values are masked in the report. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Timeout of each test, in milliseconds; 10,000 by default. */
  timeoutMs?: Milliseconds | undefined;
  /** Called for each test as it ends; test 6 ends last. */
  onTest?: ((test: TestReport) => void) | undefined;
};

/** The results of the eight tests, by id. `server` and `protocol` are null if no MCP server was reached. */
export type SmokeReport = {
  url: string;
  server: { name: string; version: string } | null;
  protocol: string | null;
  passed: number;
  failed: number;
  skipped: number;
  tests: TestReport[];
};

/**
 * Runs the eight smoke tests against one MCP server over streamable HTTP, one after the other, and ends its sessions.
 * A bad server is a failed test, never an exception. Takes at most nine timeouts.
 * @throws TypeError if the URL or a header is invalid.
 */
export async function runSmoke(options: SmokeOptions): Promise<SmokeReport> {
  const { url, timeoutMs = 10_000, onTest } = options;
  const headers = headersOf(options);
  const secrets = secretsOf(new URL(url), headers);
  const show = (text: string) => masking([...secrets, ...trials.wire.sessions.keys()])(text);
  const trials = openTrials(timeoutMs, shownHeaders(headers), show);
  const run: SmokeRun = {
    options,
    places: endpointPlacesOf(url, options.path),
    headers,
    wire: trials.wire,
    timeoutMs,
  };

  const tests: TestReport[] = [];
  for (const test of inOrder) {
    const report = await trials.attempt(test, (signal) => test.work(run, signal));
    const left = test === inOrder.at(-1) ? await disconnect(run.connection, run) : undefined;
    const final = left ? { ...report, detail: `${report.detail}; ${left}` } : report;
    tests.push(final);
    onTest?.(final);
  }

  const { server, place, protocol = null } = run.connection ?? {};
  const count = (verdict: TestReport["verdict"]) => tests.filter((test) => test.verdict === verdict).length;
  return {
    url: shownUrl((place ?? run.places[0]).endpoint),
    server: server ? { name: show(server.name).slice(0, 200), version: show(server.version).slice(0, 200) } : null,
    protocol,
    passed: count("pass"),
    failed: count("fail"),
    skipped: count("skip"),
    tests: tests.sort((a, b) => a.id - b.id),
  };
}

/** One run: its options, its wire, and what earlier tests found out for later ones. */
type SmokeRun = {
  options: SmokeOptions;
  places: [EndpointPlace, ...EndpointPlace[]];
  headers: Record<string, string>;
  wire: Wire;
  timeoutMs: Milliseconds;
  connection?: Connection;
  healthy?: boolean;
  tools?: string[];
};

type SmokeTest = { id: number; name: string; work: (run: SmokeRun, signal: AbortSignal) => Promise<string> };

// The connection comes first because most tests need it; the burst comes last because it may use up the rate limit.
const inOrder: SmokeTest[] = [
  {
    id: 2,
    name: "initialize",
    async work(run, signal) {
      run.connection = await connect(run.places, run, signal);
      return greeting(run.connection, run.options.expectVersion);
    },
  },
  {
    id: 1,
    name: "health",
    async work(run, signal) {
      const said = await ask(run, signal);
      run.healthy = true;
      return said;
    },
  },
  {
    id: 3,
    name: "tools/list",
    async work(run, signal) {
      const { expectTools = [] } = run.options;
      run.tools = await listTools(benchOf(run, signal), expectTools);
      const expected = expectTools.length > 0 ? `, ${expectTools.join(", ")} among them` : "";
      return `${run.tools.length} tools${expected}`;
    },
  },
  { id: 4, name: "first call", work: (run, signal) => callAt(0, run, signal) },
  { id: 5, name: "second call", work: (run, signal) => callAt(1, run, signal) },
  {
    id: 7,
    name: "health time",
    async work(run, signal) {
      if (!run.healthy) throw new Finding("not run: test 1 failed");
      return timeHealth(() => ask(run, signal));
    },
  },
  {
    id: 8,
    name: "refusals",
    async work(run, signal) {
      const refused = await refusals(benchOf(run, signal));
      return run.connection ? `${refused}; ${await foreignOrigin(run.connection, { ...run, signal })}` : refused;
    },
  },
  {
    id: 6,
    name: "burst and limit",
    async work(run, signal) {
      const bench = benchOf(run, signal);
      const [call] = run.options.calls ?? [];
      const once = { wire: run.wire, call: () => (call ? callTool(bench, call, run.tools) : ping(bench)) };
      const { expectLimit } = run.options;
      if (expectLimit !== undefined)
        return burstAgainstLimit(once, expectLimit, performance.now() + run.timeoutMs * 0.9);
      const what = call ? call.tool : "MCP's ping";
      return `${await burst(once)} (${what}); rate limit not tested (--expect-limit)`;
    },
  },
];

function benchOf({ connection, wire, timeoutMs }: SmokeRun, signal: AbortSignal): SmokeBench {
  if (!connection) throw new Finding("not run: test 2 reached no MCP server");
  return { client: connection.client, wire, signal, timeoutMs };
}

async function ask(run: SmokeRun, signal: AbortSignal): Promise<string> {
  const { health } = run.options;
  if (health === undefined) return ping(benchOf(run, signal));
  return askHealth(below((run.connection?.place ?? run.places[0]).base, health), run.wire, run.headers, signal);
}

/** The call at this index, or the last one if the list is shorter. */
async function callAt(place: number, run: SmokeRun, signal: AbortSignal): Promise<string> {
  const { calls = [] } = run.options;
  const call = calls[place] ?? calls.at(-1);
  if (!call) throw new Skipped("skipped: no safe call is set (--call 'tool {json}')");
  return callTool(benchOf(run, signal), call, run.tools);
}

/** The run's headers, names in lower case, with the URL's user and password unless another credential is given. */
function headersOf({ url, headers = {} }: SmokeOptions): Record<string, string> {
  const login = credentials(url);
  const all = new Headers(login === undefined ? {} : { authorization: login });
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return Object.fromEntries(all);
}
