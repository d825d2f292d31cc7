import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { secretNames } from "../../../../ecosystem/secrets.ts";
import { type ServiceName, serviceNames } from "../../../../ecosystem/services.ts";
import { edgeFiles } from "../../../../edge/files.ts";
import { FILES } from "../../../../edge/paths.ts";
import { type Edge, restingPosition } from "../../../../edge/settings.ts";
import type { Settings } from "../../../../infra/config/schema.ts";
import { makeRelease } from "../../../../infra/release/make.ts";
import type { Release } from "../../../../infra/release/release.ts";
import { composeTrafficState } from "../../../../promotion/platforms/envoy-files/docker.ts";
import { callTool, keepCalling, open } from "../../../fixtures/docker/caller.ts";
import { docker, hasEngine } from "../../../fixtures/docker/engine.ts";
import { baseImage, buildImages, hasBaseImage } from "../../../fixtures/docker/images.ts";
import { hasDockerProvider, type RealStack, realStack, secretValue } from "../../../fixtures/docker/stack.ts";
import { describeWith, type Need } from "../../../fixtures/tools.ts";
import { idOf, local } from "./fixtures.ts";

const STACK = "suite";
const needs: Need[] = [
  { name: "a Docker engine", there: hasEngine, optional: true },
  { name: `the image ${baseImage}`, there: hasBaseImage, optional: true },
  { name: "pulumi with its plugin docker", there: hasDockerProvider, optional: true },
];

/** Long enough for a busy machine: each start of a server waits ten seconds for its first check. */
const PATIENCE = 600_000;

describeWith(needs, "a stack's life on a real Docker engine", { timeout: PATIENCE }, () => {
  let images: Awaited<ReturnType<typeof buildImages>>;
  let releases: Record<"r1" | "r2", Release>;
  let stack: RealStack;
  beforeAll(async () => {
    images = await buildImages();
    const settings = settingsWith(images.first, tmpdir(), {});
    const release = (name: string, image: string) => {
      const all = Object.fromEntries(serviceNames.map((service) => [service, image])) as Record<ServiceName, string>;
      return makeRelease({ stack: STACK, name, settings, images: all, created: new Date() });
    };
    releases = { r1: release("r1", images.first), r2: release("r2", images.second) };
    stack = await realStack(STACK, Object.values(releases), images.first);
  }, PATIENCE);
  afterAll(async () => {
    await stack?.pulumi("state", "unprotect", "--all", "--yes");
    await stack?.pulumi("destroy", "--yes", "--skip-preview");
    await images?.remove();
    if (stack) await rm(stack.folder, { recursive: true });
  }, PATIENCE);

  const set = (changes: Partial<Settings>) => stack.settings(settingsWith(images.first, stack.folder, changes));
  const up = async (...more: string[]) => {
    const { code, output } = await stack.pulumi("up", "--yes", "--skip-preview", ...more);
    expect(code, output).toBe(0);
    return output;
  };
  const url = (name: ServiceName) =>
    `http://127.0.0.1:${{ "session-buddy": 8678, akosha: 8682, mahavishnu: 8680 }[name]}/mcp`;
  const container = (id: string) => `mahavishnu-${STACK}-${id}`;
  const running = async () =>
    (await docker("ps", "--no-trunc", "--filter", `label=stack=${STACK}`, "--format", "{{.Names}} {{.ID}}"))
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ") as [string, string]);

  test("is deployed by one command, after which every service answers behind the edge", async () => {
    await set({ stable: "r1" });
    await up();
    for (const name of serviceNames) expect((await open(url(name))).version).toBe("1.0.0");
    const health = await docker("ps", "--filter", `label=stack=${STACK}`, "--format", "{{.Status}}");
    expect(
      health
        .trimEnd()
        .split("\n")
        .every((status) => status.includes("(healthy)")),
    ).toBe(true);
  });

  test("shows no changes without changes, not even after a refresh", async () => {
    await up("--expect-no-changes");
    await up("--refresh", "--expect-no-changes");
  });

  test("shows no secret in docker inspect or its state, although its servers have them", async () => {
    const ids = (await docker("ps", "--all", "--quiet", "--filter", `label=stack=${STACK}`)).trimEnd().split("\n");
    const inspected = await docker("inspect", ...ids);
    const { output: state } = await stack.pulumi("stack", "export");
    const logs = await Promise.all(ids.map((id) => docker("logs", id)));
    for (const name of secretNames) {
      for (const shown of [inspected, state, ...logs]) expect(shown.includes(secretValue(name)), name).toBe(false);
    }
    const environment = await docker("exec", container(id("r1", "mahavishnu")), "cat", "/proc/1/environ");
    expect(environment).toContain(`MAHAVISHNU_AUTH_SECRET=${secretValue("auth-secret")}\0`);
    expect(environment).toContain(`:${secretValue("mahavishnu-database-password")}@postgres:5432/mahavishnu`);
  });

  test("confines its servers: no root, writable folders only where declared, egress only where needed", async () => {
    const inside = container(id("r1", "mahavishnu"));
    const attempt = (command: string, within = inside) => docker("exec", within, "sh", "-c", command);
    expect(await attempt("id -u")).toBe("10001\n");
    await expect(attempt("touch /app/x")).rejects.toThrow(/Read-only file system/);
    await expect(attempt("touch /run/secrets/x")).rejects.toThrow(/Read-only file system/);
    await attempt("touch /data/x /tmp/x");
    expect(await attempt("grep CapEff /proc/1/status; grep NoNewPrivs /proc/1/status")).toMatch(
      /0000000000000000[\s\S]*1/,
    );
    const reach = (host: string, port: number, within = inside) =>
      attempt(`python3 -c 'import socket; socket.create_connection(("${host}", ${port}), 2)'`, within);
    await reach("edge", 8678);
    await reach("postgres", 5432).catch((error: Error) => expect(error.message).toContain("refused")); // a stand-in
    expect(await attempt("getent ahostsv4 edge")).toMatch(/^10\.213\./);
    const leaves = `socket.socket(type=socket.SOCK_DGRAM); s.connect(("198.51.100.1", 80)); print(s.getsockname()[0])`;
    expect(await attempt(`python3 -c 'import socket; s = ${leaves}'`)).not.toMatch(/^10\.213\./);
    for (const name of ["session-buddy", "akosha"] as const) {
      const closed = container(id("r1", name));
      await reach("edge", 8680, closed);
      await expect(reach("198.51.100.1", 80, closed), name).rejects.toThrow(/timed out|unreachable/);
      const { Networks } = JSON.parse(await docker("inspect", "--format", "{{json .NetworkSettings}}", closed));
      expect(Object.keys(Networks)).toEqual([`mahavishnu-${STACK}-inside`]);
    }
    const published = await docker("ps", "--filter", `label=stack=${STACK}`, "--format", "{{.Names}} {{.Ports}}");
    const open = published.split("\n").filter((line) => line.includes("->"));
    expect(open).toHaveLength(1);
    expect(open[0]).toMatch(/-edge (127\.0\.0\.1:\d+->\d+\/tcp,? ?){3}$/);
  });

  test("comes back when its host does, whatever starts first", async () => {
    const names = (await running()).map(([name]) => name);
    await docker("stop", "--time", "2", ...names);
    for (const name of names.sort()) await docker("start", name);
    for (const name of serviceNames) {
      await vi.waitFor(() => open(url(name)), { timeout: 30_000, interval: 200 });
    }
  });

  test("adds a candidate beside its stable without failing a call", async () => {
    const before = await running();
    const calls = serviceNames.map((name) => keepCalling(url(name)));
    const { session } = await open(url("mahavishnu"));
    await set({ stable: "r1", candidate: "r2" });
    await up();
    for (const tally of await Promise.all(calls.map((call) => call.stop()))) {
      expect(tally.failures).toEqual([]);
      expect(Object.keys(tally.answered)).toEqual(["1.0.0"]);
    }
    expect(await callTool(url("mahavishnu"), session)).toBe("1.0.0");
    for (const name of serviceNames) {
      expect((await open(url(name), { "x-revision": "candidate" })).version).toBe("2.0.0");
    }
    const after = new Map(await running());
    const replaced = before.filter(([name, id]) => after.get(name) !== id).map(([name]) => name);
    expect(replaced.sort()).toEqual([container("backup-save"), container("prometheus")]);
    await up("--expect-no-changes");
  });

  test("lets the guard read its traffic state", async () => {
    const read = composeTrafficState({
      host: "unix:///var/run/docker.sock",
      container: container("edge"),
      folder: "/var/lib/edge",
    });
    const trafficState = await read();
    for (const name of serviceNames) {
      expect(trafficState?.live[name]).toMatchObject({ [id("r1", name)]: 100 });
      expect(trafficState?.declared[name]).toEqual({ [id("r1", name)]: 100, [id("r2", name)]: 0 });
    }
  });

  test("is refused while traffic is not at its resting position, and leaves it there", async () => {
    const move = async (share: number) => {
      const { settings } = JSON.parse(
        await docker("exec", container("edge"), "cat", "/var/lib/edge/edge.json"),
      ) as Edge;
      const files = edgeFiles(settings, { ...restingPosition, share });
      const file = `/var/lib/edge/${FILES.routes("akosha")}`;
      const write =
        "import os, sys; open(sys.argv[1] + '.new', 'w').write(sys.argv[2]); os.rename(sys.argv[1] + '.new', sys.argv[1])";
      const content = JSON.stringify(files[FILES.routes("akosha")]);
      await docker("exec", container("edge"), "python3", "-c", write, file, content);
    };
    await move(50);
    const { code, output } = await stack.pulumi("up", "--yes", "--skip-preview");
    expect(output).toMatch(
      /the live traffic split of akosha is akosha-\w+ 50 %, akosha-\w+ 50 %.*changed outside the promoter/,
    );
    expect(code).not.toBe(0);
    const seen = new Set<string>();
    await vi.waitFor(async () => expect(seen.add((await open(url("akosha"))).version).size).toBe(2), {
      timeout: 30_000,
    });
    await move(0);
    await up("--expect-no-changes");
  });

  test("settles: no call fails where revisions can coexist, and a single writer never runs twice", async () => {
    const settled = container(id("r2", "mahavishnu"));
    const before = new Map(await running());
    const calls = keepCalling(url("mahavishnu"));
    const writers = watchWriters();
    await set({ stable: "r2" });
    await up();
    const tally = await calls.stop();
    expect(tally.failures).toEqual([]);
    expect(Object.keys(tally.answered).sort()).toEqual(["1.0.0", "2.0.0"]);
    expect(await writers.stop()).toEqual({
      most: 1,
      revisions: [id("r1", "session-buddy"), id("r2", "session-buddy")].sort(),
    });
    const after = new Map(await running());
    expect(after.get(settled)).toBe(before.get(settled));
    for (const name of serviceNames) expect((await open(url(name))).version).toBe("2.0.0");
    await up("--expect-no-changes");
  });

  test("applies changed secrets at once, and changes nothing else", async () => {
    const before = new Map(await running());
    await stack.pulumi("config", "set", "--path", "--secret", 'secrets["akosha-api-token"]', "another0123456789");
    await up();
    const after = new Map(await running());
    const replaced = [...before].filter(([name, id]) => after.get(name) !== id).map(([name]) => name);
    expect(replaced).toEqual([container(id("r2", "akosha"))]);
    const environment = await docker("exec", container(id("r2", "akosha")), "cat", "/proc/1/environ");
    expect(environment).toContain("AKOSHA_API_TOKEN=another0123456789\0");
  });

  test("does not delete its data by one command, and leaves nothing behind once unprotected", async () => {
    const refused = await stack.pulumi("destroy", "--yes", "--skip-preview");
    expect(refused.code).not.toBe(0);
    expect(refused.output).toMatch(/session-buddy-data.*protected|protected.*session-buddy-data/s);
    expect(await docker("volume", "ls", "--quiet", "--filter", `label=stack=${STACK}`)).toContain("session-buddy-data");
    await stack.pulumi("state", "unprotect", "--all", "--yes");
    const { code, output } = await stack.pulumi("destroy", "--yes", "--skip-preview");
    expect(code, output).toBe(0);
    for (const kind of ["container", "network", "volume"]) {
      const all = kind === "container" ? ["--all"] : [];
      expect(await docker(kind, "ls", ...all, "--quiet", "--filter", `label=stack=${STACK}`), kind).toBe("");
    }
  });

  const id = (release: "r1" | "r2", service: string) => idOf(releases[release], service);

  /** Looks all the time who has the volume of session-buddy; answers how many at most, and who. */
  function watchWriters() {
    const revisions = new Set<string>();
    let most = 0;
    let going = true;
    const looking = (async () => {
      while (going) {
        const filters = [
          "--filter",
          `volume=mahavishnu-${STACK}-session-buddy-data`,
          "--filter",
          "label=service=session-buddy",
        ];
        const found = (await docker("ps", ...filters, "--format", '{{.Label "revision"}}')).split("\n").filter(Boolean);
        most = Math.max(most, found.length);
        for (const revision of found) revisions.add(revision);
      }
    })();
    return {
      async stop() {
        going = false;
        await looking;
        return { most, revisions: [...revisions].sort() };
      },
    };
  }
});

/** The settings of local with images of this host, in a network of its own, and small. */
function settingsWith(image: string, folder: string, changes: Partial<Settings>): Settings {
  const { stable: _, ...rest } = local;
  const small = { cpu: 0.5, memoryMi: 256 };
  const { compose } = local;
  if (!compose) throw new Error("local has no settings for compose");
  return {
    ...rest,
    edge: { image, rateLimit: { perMinute: 6000, burst: 1000, perHour: 100_000 } },
    promoter: { image },
    backups: { ...local.backups, image },
    compose: {
      ...compose,
      subnet: "10.213.0.0/16",
      backups: join(folder, "backups"),
      vault: join(folder, "vault"),
      sizes: { "session-buddy": small, akosha: small, mahavishnu: small },
    },
    ...changes,
  };
}
