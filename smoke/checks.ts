import { type CallToolResult, type Client, ProtocolError } from "@modelcontextprotocol/client";
import { z } from "zod";
import { objectives } from "../ecosystem/objectives.ts";
import type { Milliseconds } from "../ecosystem/units.ts";
import { Finding } from "./cause.ts";
import { type Connection, signOfLife } from "./connection.ts";
import { unhealthyBecause } from "./health.ts";
import { errorIn } from "./result.ts";
import type { Wire } from "./wire.ts";

/** A read-only tool call, with its arguments. */
export type SafeCall = { tool: string; arguments: Record<string, unknown> };

/** What every check needs: a connected client, the wire beneath it, and the timeout. */
export type SmokeBench = { client: Client; wire: Wire; signal: AbortSignal; timeoutMs: Milliseconds };

const within = ({ signal, timeoutMs }: SmokeBench) => ({ signal, timeout: timeoutMs });

/** 1 - Health: queries the health endpoint. Returns its response. @throws Finding if that is not healthy. */
export async function askHealth(
  address: URL,
  wire: Wire,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const response = await wire.fetch(address, {
    headers: { accept: "application/json, text/plain, */*", ...headers },
    signal,
  });
  const body = await response.text();
  const contentType = response.headers.get("content-type") ?? "";
  const unhealthy = unhealthyBecause({ status: response.status, contentType, body });
  if (unhealthy) throw new Finding(`not healthy: ${unhealthy}`, { likely: likelyUnhealthy(response.status) });
  return `GET ${address.pathname} answered 200 ${brief(body)}`;
}

const likelyUnhealthy = (status: number): string | undefined => {
  if (status === 404) return "no health endpoint at this path: set --health";
  if (status === 200 || status === 503) return "the server, or something it depends on, is not ready";
  return undefined;
};

/** 2 - Initialize: the server and the protocol version. @throws Finding if the server's version is not `expected`. */
export function greeting({ server, protocol, inSession }: Connection, expected: string | undefined): string {
  const who = server ? `${server.name} ${server.version}` : "an unnamed server";
  if (expected !== undefined && server?.version !== expected) {
    throw new Finding(`the server is ${who}, not version ${expected}`, {
      likely: "another revision answers than the deployed one, or the deployment is not finished",
    });
  }
  return `${who} speaks ${protocol} ${inSession ? "with" : "without"} a session`;
}

/** 3 - tools/list: the names of all tools. @throws Finding if there are none, or an expected one is missing. */
export async function listTools(bench: SmokeBench, expected: readonly string[]): Promise<string[]> {
  const { tools } = await bench.client.listTools(undefined, { ...within(bench), cacheMode: "refresh" });
  const names = tools.map(({ name }) => name);
  const missing = expected.filter((name) => !names.includes(name));
  if (names.length === 0) {
    throw new Finding("tools/list is empty", { likely: "the server started without its tools: see its log" });
  }
  if (missing.length === 0) return names;
  throw new Finding(`${missing.join(", ")} not among the ${names.length} tools (${brief(names.join(", "))})`, {
    likely: "another server or version than expected, or a tool profile that hides tools",
  });
}

/** 4, 5 - A safe call. Returns its result. @throws Finding if the tool is not listed, or its result is or hides an error. */
export async function callTool(
  bench: SmokeBench,
  call: SafeCall,
  listed: readonly string[] | undefined,
): Promise<string> {
  if (listed && !listed.includes(call.tool)) {
    throw new Finding(`not called: ${call.tool} is not among the ${listed.length} tools of tools/list`);
  }
  const result = await bench.client.callTool({ name: call.tool, arguments: call.arguments }, within(bench));
  const error = errorIn(result);
  if (error)
    throw new Finding(`${call.tool} failed: ${error}`, { likely: "the tool itself fails: see the server's log" });
  return `${call.tool} answered ${brief(textOf(result))}`;
}

/** 7 - Health time: five health checks. @throws Finding if one takes longer than the objective. */
export async function timeHealth(ask: () => Promise<unknown>): Promise<string> {
  const bound = objectives.smokeHealthMs;
  const times: number[] = [];
  while (times.length < 5) {
    const began = performance.now();
    await ask();
    times.push(performance.now() - began);
    if ((times.at(-1) ?? 0) >= bound) break;
  }
  const sorted = times.toSorted((a, b) => a - b).map((ms) => ms.toFixed(1));
  const said = `median ${sorted[Math.floor(sorted.length / 2)]} ms, worst ${sorted.at(-1)} ms of ${sorted.length}`;
  if (Math.max(...times) < bound) return said;
  throw new Finding(`${said}, not under ${bound} ms`, {
    likely: "the server is overloaded, starved of CPU, or still starting",
  });
}

/** 8 - Refusals: an unknown method and an unknown tool. @throws Finding if either is answered as if it existed. */
export async function refusals(bench: SmokeBench): Promise<string> {
  const { client, wire } = bench;
  const refused = async (what: string, ask: () => Promise<CallToolResult | undefined>): Promise<string> => {
    try {
      const result = await ask();
      if (result?.isError) return `${what}: isError`;
    } catch (error) {
      const code = error instanceof ProtocolError ? error.code : errorCodeOnTheWire(wire);
      if (code !== undefined) return `${what}: error ${code}`;
      throw error;
    }
    throw new Finding(`an ${what} was answered as if it existed`, {
      likely: "the server, or a proxy in between, answers any request",
    });
  };
  const method = await refused("unknown method", async () => {
    await client.request({ method: "maha/no-such-method" }, z.unknown(), within(bench));
    return undefined;
  });
  const tool = await refused("unknown tool", () =>
    client.callTool({ name: "maha_no_such_tool", arguments: {} }, within(bench)),
  );
  return `${method}; ${tool}`;
}

/** The JSON-RPC error of the last response with HTTP 400 or 404, which protocol versions since 2026-07-28 use; only one for our request has an id. */
function errorCodeOnTheWire({ exchanges }: Wire): number | undefined {
  const last = exchanges.findLast(({ aside }) => !aside);
  if (last?.status !== 400 && last?.status !== 404) return undefined;
  const parsed = z.object({ id: z.number(), error: z.object({ code: z.number() }) }).safeParse(jsonOf(last.body));
  return parsed.data?.error.code;
}

/** MCP's own ping, as text. */
export async function ping(bench: SmokeBench): Promise<string> {
  return `${await signOfLife(bench.client, within(bench))} answered; no health endpoint is set`;
}

function textOf({ content, structuredContent }: CallToolResult): string {
  const [first] = content;
  if (first?.type === "text") return first.text;
  if (structuredContent !== undefined) return JSON.stringify(structuredContent);
  return first ? `a result of type ${first.type}` : "an empty result";
}

const brief = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
