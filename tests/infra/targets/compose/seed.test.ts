import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { edgeFiles } from "../../../../edge/files.ts";
import { edgePaths } from "../../../../edge/paths.ts";
import { type EdgeSettings, restingPosition } from "../../../../edge/settings.ts";
import { adminSocket } from "../../../../promotion/platforms/envoy-files/admin.ts";
import { clustersInForce } from "../../../../promotion/platforms/envoy-files/readback.ts";
import { startEnvoy } from "../../../../rehearsal/envoy.ts";
import { freePort } from "../../../../rehearsal/port.ts";
import { Client } from "../../../fixtures/edge/client.ts";
import { startUpstream } from "../../../fixtures/edge/upstream.ts";
import { envoyBinary, temporaryFolder } from "../../../fixtures/envoy.ts";
import { describeWith } from "../../../fixtures/tools.ts";

const script = new URL("../../../../infra/targets/compose/seed.py", import.meta.url).pathname;

const at = (port: number) => ({ address: "127.0.0.1", port });

describeWith(["python3"], "who fills the folder of an edge", {}, () => {
  /** Fills a folder; answers the exit code and what was said. */
  async function seed(folder: string, files: Record<string, object>): Promise<{ code: number; said: string }> {
    const texts = Object.entries(files).flatMap(([name, content]) => [name, JSON.stringify(content)]);
    const child = spawn("python3", [script, folder, ...texts], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      said += part;
    });
    const [code] = await once(child, "close");
    return { code, said };
  }

  /** Three revisions of one service, and its edge with one of them as stable. */
  async function setUp() {
    const [one, two, three] = [
      await startUpstream("echo-1"),
      await startUpstream("echo-2"),
      await startUpstream("echo-3"),
    ];
    onTestFinished(async () => {
      await Promise.all([one, two, three].map((upstream) => upstream.stop()));
    });
    const [folder, port] = [await temporaryFolder(), await freePort()];
    const revision = (number: 1 | 2 | 3) => ({
      id: `echo-${number}`,
      endpoints: [at([one, two, three][number - 1]?.port ?? 0)],
    });
    const settings = (stable: 1 | 2 | 3, candidate?: 1 | 2 | 3): EdgeSettings => ({
      folder,
      services: [
        {
          name: "echo",
          listen: at(port),
          stable: revision(stable),
          ...(candidate && { candidate: revision(candidate) }),
        },
      ],
    });
    const files = (...roles: Parameters<typeof settings>): Record<string, object> => ({
      ...edgeFiles(settings(...roles), restingPosition),
      "declared.json": { echo: { [`echo-${roles[0]}`]: 100 } },
    });
    return { folder, port, files };
  }

  /** Calls without a pause until it is told to stop; answers who answered how often, with what. */
  function calling(port: number) {
    const clients = [new Client(port), new Client(port), new Client(port)];
    const answers: Record<string, number> = {};
    let going = true;
    const all = clients.map(async (client) => {
      while (going) {
        const { status, by } = await client.call();
        const key = `${status} ${by}`;
        answers[key] = (answers[key] ?? 0) + 1;
      }
      client.close();
    });
    return {
      answers,
      stop: async () => {
        going = false;
        await Promise.all(all);
        return answers;
      },
    };
  }

  test("writes every file at once and nothing else, before there is an edge", async () => {
    const { folder, files } = await setUp();
    expect(await seed(folder, files(1, 2))).toEqual({ code: 0, said: "" });
    for (const [name, content] of Object.entries(files(1, 2))) {
      expect(JSON.parse(await readFile(join(folder, name), "utf8")), name).toEqual(content);
    }
    expect((await readdir(folder)).sort()).toEqual(["bootstrap.json", "declared.json", "edge.json", "xds"]);
  });

  test("gives all traffic from one revision to another without a call that fails, and lets go of the old one", async () => {
    const { folder, port, files } = await setUp();
    await seed(folder, files(1));
    const envoy = await startEnvoy({ binary: await envoyBinary(), folder });
    onTestFinished(() => envoy.stop());
    await envoy.ready;
    const load = calling(port);
    for (const roles of [[1, 2], [1, 3], [3], [2]] as Parameters<typeof files>[]) {
      expect(await seed(folder, files(...roles))).toEqual({ code: 0, said: "" });
    }
    const answers = await load.stop();
    expect(Object.keys(answers).every((key) => key.startsWith("200 "))).toBe(true);
    expect(Object.keys(answers).sort()).toEqual(["200 echo-1", "200 echo-2", "200 echo-3"]);
    const inForce = await clustersInForce(adminSocket(edgePaths(folder).admin));
    expect([...inForce.keys()].sort()).toEqual(["echo-2", "echo-2-sessions"]);
    expect((await readdir(join(folder, "xds"))).sort()).toEqual([
      "cds.json",
      "eds-echo-2.json",
      "lds.json",
      "rds-echo.json",
    ]);
  });

  test("says what the edge did not take, and ends with an error", async () => {
    const { folder, port, files } = await setUp();
    await seed(folder, files(1));
    const envoy = await startEnvoy({ binary: await envoyBinary(), folder });
    onTestFinished(() => envoy.stop());
    await envoy.ready;
    const broken = files(2);
    const routes = broken["xds/rds-echo.json"] as { resources: { virtual_hosts: { domains: string[] }[] }[] };
    for (const { virtual_hosts } of routes.resources) for (const host of virtual_hosts) host.domains = [];
    const { code, said } = await seed(folder, broken);
    expect(code).toBe(1);
    expect(said).toMatch(
      /the edge did not take over the routes: echo-2, echo-2-sessions not in force, rejected: http\.echo\.rds\.echo\.update_rejected/,
    );
    const client = new Client(port);
    expect((await client.call()).by).toBe("echo-1");
    client.close();
  });

  test("fills a folder also where an edge that is gone has left its socket", async () => {
    const { folder, files } = await setUp();
    await seed(folder, files(1));
    const envoy = await startEnvoy({ binary: await envoyBinary(), folder });
    await envoy.ready;
    process.kill(envoy.pid, "SIGKILL");
    await envoy.exited;
    expect((await stat(edgePaths(folder).admin)).isSocket()).toBe(true);
    expect(await seed(folder, files(2))).toEqual({ code: 0, said: "" });
  });
});
