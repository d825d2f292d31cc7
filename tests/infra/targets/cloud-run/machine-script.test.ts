import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { backupContainer, backupFiles } from "../../../../infra/targets/cloud-run/backups/machine.ts";
import { type Single, serviceContainer } from "../../../../infra/targets/cloud-run/machine-description.ts";
import { machineScript } from "../../../../infra/targets/cloud-run/machine-script.ts";
import { testMachine } from "../../../fixtures/machine/machine.ts";
import { backedOn } from "../../backups/fixtures.ts";
import { revisionOf } from "./fixtures.ts";

const hasty = { startupSeconds: 3 };
const before = { ...revisionOf("session-buddy", "a"), ...hasty };
const after = { ...revisionOf("session-buddy", "b"), ...hasty };
const stable = (revision = before): Single => ({ revision, role: "stable" });
const candidate = (revision = after): Single => ({ revision, role: "candidate" });

const backup = backupContainer(backedOn("prod", "cloud-run")) as NonNullable<ReturnType<typeof backupContainer>>;
const scriptOf = (...singles: Single[]): string =>
  machineScript({
    ...{ project: "acme-prod", registry: "europe-west1-docker.pkg.dev", backup },
    containers: singles.map((one) => serviceContainer(one, { stack: "prod", project: "acme-prod" })),
  });

/** The lines that begin so, without it. */
const those = (lines: string[], prefix: string) =>
  lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trim());

test("at its first start the machine makes the disk's file system, fetches secrets and image, and runs the container", async () => {
  const machine = await testMachine();
  machine.mark("blkid", "2");
  expect(await machine.run(scriptOf(stable()))).toMatchObject({ ok: true });
  const calls = machine.calls();
  expect(those(calls, "mkfs.ext4")).toEqual(["-q -m 0 /dev/disk/by-id/google-session-buddy"]);
  expect(those(calls, "mount")).toEqual([
    `-o discard,nosuid,nodev /dev/disk/by-id/google-session-buddy ${machine.folder}/mnt/disks/session-buddy`,
  ]);
  expect(those(calls, "docker pull")).toEqual([
    expect.stringContaining(before.image),
    expect.stringContaining(backup.image),
  ]);
  expect(machine.running()).toEqual([before.id]);
});

test("a container is hardened, keeps its secrets in memory and its data on the durable disk", async () => {
  const machine = await testMachine();
  await machine.run(scriptOf(stable()));
  const [run = ""] = those(machine.calls(), "docker run");
  const words = run.split(" ");
  expect(words).toEqual(
    expect.arrayContaining([
      ...["--user=10001:10001", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"],
      ...["--memory=4096m", "--memory-swap=4096m", "--cpus=2", "--pids-limit=512", "--stop-timeout=10"],
      ...["--publish=8678:8678", "--tmpfs=/tmp:rw\\,nosuid\\,nodev\\,mode=1777"],
      `--mount=type=bind\\,source=${machine.folder}/run/singles/${before.id}\\,target=/run/secrets\\,readonly`,
      `--mount=type=bind\\,source=${machine.folder}/mnt/disks/session-buddy\\,target=/data`,
      ...["--label=service=session-buddy", `--label=revision=${before.id}`, "--label=role=stable"],
    ]),
  );
  expect(machine.read(`run/singles/${before.id}/session-encryption-key`)).toBe(
    "it's $HOME of session-encryption-key\n",
  );
});

test("each secret is read in the name of the service whose it is, and no token is ever an argument", async () => {
  const machine = await testMachine();
  const script = scriptOf(stable());
  await machine.run(script);
  const asked = machine.calls().filter((line) => /generateAccessToken|secretmanager|^said/.test(line));
  expect(asked.map((line) => /said .*Bearer (\S+)"/.exec(line)?.[1] ?? /https:\S+(?=\s*$)/.exec(line)?.[0])).toEqual([
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/mcp-session-buddy@acme-prod.iam.gserviceaccount.com:generateAccessToken",
    "token-of-machine",
    "https://secretmanager.googleapis.com/v1/projects/acme-prod/secrets/session-encryption-key/versions/latest:access",
    "token-of-mcp-session-buddy",
    "https://secretmanager.googleapis.com/v1/projects/acme-prod/secrets/restic-password/versions/latest:access",
    "token-of-machine",
  ]);
  const words = machine.calls().filter((line) => !line.startsWith("said"));
  expect(words.filter((line) => /token-of|it's \$HOME/.test(line))).toEqual([]);
  expect(script).not.toContain("token-of");
});

test("containers reach the metadata server's names, but not the machine's identity", async () => {
  const machine = await testMachine();
  await machine.run(scriptOf(stable()));
  expect(those(machine.calls(), "iptables").at(-1)).toBe(
    "--wait --insert DOCKER-USER --destination 169.254.169.254 --protocol tcp ! --destination-port 53 --jump REJECT",
  );
});

test("run again it changes nothing", async () => {
  const machine = await testMachine();
  await machine.run(scriptOf(stable(), candidate()));
  expect(await machine.run(scriptOf(stable(), candidate()))).toMatchObject({ ok: true });
  const calls = machine.calls();
  expect([...those(calls, "docker run"), ...those(calls, "docker stop"), ...those(calls, "mount")]).toEqual([]);
});

test("a candidate starts beside its stable, on its own scratch volume and port, and is removed completely", async () => {
  const machine = await testMachine();
  await machine.run(scriptOf(stable()));
  await machine.run(scriptOf(stable(), candidate()));
  const [run = "", ...others] = those(machine.calls(), "docker run");
  expect(others).toEqual([]);
  expect(run).toContain(`--mount=type=volume\\,source=scratch-${after.id}\\,target=/data`);
  expect(run).toContain("--publish=18678:8678");
  expect(machine.running().sort()).toEqual([before.id, after.id].sort());

  await machine.run(scriptOf(stable()));
  expect(machine.running()).toEqual([before.id]);
  expect(those(machine.calls(), "docker volume rm")).toEqual([`--force scratch-${after.id}`]);
});

test("a promoted candidate takes over the persistent disk only after its stable was removed", async () => {
  const machine = await testMachine();
  await machine.run(scriptOf(stable(), candidate()));
  expect(await machine.run(scriptOf(stable(after)))).toMatchObject({ ok: true });
  const changes = machine.calls().filter((line) => /^docker (stop|rm|run)/.test(line));
  expect(changes.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
    ...["docker stop", "docker rm", "docker stop", "docker rm"],
    "docker run",
  ]);
  expect(changes.at(-1)).toContain(`source=${machine.folder}/mnt/disks/session-buddy`);
  expect(machine.running()).toEqual([after.id]);
});

describe("failures", () => {
  test("an image of the candidate that cannot be fetched leaves stable alone", async () => {
    const machine = await testMachine();
    await machine.run(scriptOf(stable()));
    machine.mark("unreachable");
    expect(await machine.run(scriptOf(stable(), candidate()))).toMatchObject({ ok: false });
    expect(machine.running()).toEqual([before.id]);
    machine.unmark("unreachable");
    expect(await machine.run(scriptOf(stable(), candidate()))).toMatchObject({ ok: true });
  });

  test("a candidate that never answers is reported with its last log lines, and stable keeps running", async () => {
    const machine = await testMachine();
    machine.mark("ill/18678");
    const { ok, output } = await machine.run(scriptOf(stable(), candidate()));
    expect(ok).toBe(false);
    expect(output).toContain(`${after.id} did not answer on http://127.0.0.1:18678/healthz within 3 s`);
    expect(machine.running()).toContain(before.id);
  });

  test("a stable that never answers keeps neither its candidate nor the backup from the machine", async () => {
    const machine = await testMachine();
    machine.mark("ill/8678");
    expect(await machine.run(scriptOf(stable(), candidate()))).toMatchObject({ ok: false });
    expect(machine.running().sort()).toEqual([before.id, after.id].sort());
    expect(those(machine.calls(), "systemctl enable")).toContain("--now backup-volumes.timer");
  });

  test("an unreadable disk is never formatted, and nothing is stopped", async () => {
    const machine = await testMachine();
    await machine.run(scriptOf(stable(before)));
    machine.mark("blkid", "4");
    const { ok, output } = await machine.run(scriptOf({ revision: { ...after, service: "akosha" }, role: "stable" }));
    expect(ok).toBe(false);
    expect(output).toContain("google-akosha cannot be read (blkid: 4)");
    expect(those(machine.calls(), "mkfs.ext4")).toEqual([]);
    expect(machine.running()).toEqual([before.id]);
  });
});

test("the files of both timers are written, and systemd hears of each once", async () => {
  const machine = await testMachine();
  await machine.run(scriptOf(stable()));
  const file = "etc/systemd/system/backup-volumes.timer";
  expect(machine.read(file)).toBe(backupFiles(backup)[`/${file}`]);
  const enabled = ["enable --now health.timer", "enable --now backup-volumes.timer"];
  expect(those(machine.calls(), "systemctl")).toEqual(enabled.flatMap((one) => ["daemon-reload", one]));
  await machine.run(scriptOf(stable()));
  expect(those(machine.calls(), "systemctl")).toEqual(enabled);
});

test("a revision's values may contain any characters", async () => {
  const machine = await testMachine();
  const odd = { ...before, environment: { ODD: `it's "$(id)" \`id\`; exit 1\n# \\` } };
  expect(await machine.run(scriptOf(stable(odd)))).toMatchObject({ ok: true });
  const [run = ""] = those(machine.calls(), "docker run");
  const { stdout } = await promisify(execFile)("bash", ["-c", `printf '%s\\0' ${run}`]);
  expect(stdout.split("\0")).toContain(`--env=ODD=${odd.environment.ODD}`);
});
