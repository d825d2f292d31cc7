import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runSmoke, type SmokeOptions } from "../../smoke/smoke.ts";
import { describeWith } from "../fixtures/tools.ts";
import { detail, proxy, serving, started, verdicts } from "./fixtures.ts";

const python = process.env.MAHA_FASTMCP_PYTHON ?? ".tools/fastmcp/bin/python";
const installed = spawnSync(python, ["-c", "import fastmcp"]).status === 0;
const fastmcp = { name: "the pip package fastmcp (tests/fastmcp/requirements.txt)", there: installed };

describeWith([fastmcp], "FastMCP", {}, () => {
  let url: string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const server = await started(
      [python, "tests/fastmcp/server.py", "0"],
      {},
      /Uvicorn running on (http:\/\/127.0.0.1:\d+)/,
    );
    url = server.match[1] ?? "";
    stop = server.stop;
  });
  afterAll(() => stop?.());

  const smoke = (tool: string, more: Partial<SmokeOptions> = {}) =>
    runSmoke({ url, calls: [{ tool, arguments: {} }], ...more });

  test("passes every smoke test", async () => {
    const report = await smoke("get_liveness", { health: "/healthz", expectVersion: "1.2.3", expectTools: ["broken"] });
    expect(report.tests.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    expect(report).toMatchObject({ server: { name: "fastmcp-probe", version: "1.2.3" }, passed: 8 });
  });

  test("passes with sessions, where the newest protocol is not spoken", async () => {
    const older = await serving(
      proxy(url, (request, response) => {
        if (request.headers["mcp-method"] !== "server/discover") return false;
        response.writeHead(400).end();
        return true;
      }),
    );
    const report = await smoke("get_liveness", { url: older });
    expect(report).toMatchObject({ protocol: "2025-11-25", passed: 8 });
    expect(detail(report, 2)).toContain("with a session");
  });

  test("with a tool that raises, or hides that it failed, fails", async () => {
    const raised = await smoke("broken");
    expect(verdicts(raised)).toBe("pppfffpp");
    expect(detail(raised, 4)).toContain("broken failed: the result has isError");
    const hidden = await smoke("hiding");
    expect(verdicts(hidden)).toBe("pppfffpp");
    expect(detail(hidden, 4)).toContain("hiding failed: the body says success: false");
  });

  test("asked with a slash too many fails, with the address to use", async () => {
    expect(detail(await smoke("get_liveness", { url: `${url}/mcp/` }), 2)).toContain(`got 307, location: ${url}/mcp;`);
  });
});
