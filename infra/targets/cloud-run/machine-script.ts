import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { started } from "../compose/start.ts";
import { backupFiles, backupTimer, type MachineBackup } from "./backups/machine.ts";
import { confinementOptions, machineFolders, memoryOptions, mountOption } from "./machine-container.ts";
import type { MachineDescription, ServiceContainer } from "./machine-description.ts";
import { healthTimer, machineHealth } from "./machine-health.ts";

/**
 * The script in the VM's metadata that makes it match its description. Up to `settle` everything keeps running unchanged;
 * after that, a failure affects only its own container.
 */
export function machineScript({ project, registry, containers, backup }: MachineDescription): string {
  const all = containers.map((container) => ({ container, run: runOf(container) }));
  const stable = all.filter(({ container }) => container.role === "stable");
  const candidates = all.filter(({ container }) => container.role === "candidate");
  const data = [
    `project=${quoted(project)} registry=${quoted(registry)}`,
    "begin",
    // before anything can fail: a service that never starts must be reported too
    alone(...timedLines(machineHealth(project, stable.map(asked)), healthTimer)),
    ...stable.map(({ container }) => line("disk", container.service)),
    ...stable.map(({ container }) => prepare(container)),
    line("settle", ...all.map(({ container, run }) => `${container.name}=${run.specification}`)),
    ...stable.map((one) => alone(start(one))),
    ...(backup ? [alone(...backupLines(backup))] : []),
    ...candidates.map((one) => alone(prepare(one.container), start(one))),
    '[ -z "$failed" ]',
  ];
  return `${functions.trimEnd()}\n${data.join("\n")}\n`;
}

const functions = ["google", "apply"]
  .map((name) => readFileSync(new URL(`./machine/${name}.sh`, import.meta.url), "utf8"))
  .join("\n");

type Run = { arguments: string[]; specification: string };

const addressOf = ({ publishedPort, health }: ServiceContainer) => `http://127.0.0.1:${publishedPort}${health}`;

const asked = ({ container }: { container: ServiceContainer }) => ({
  service: container.service,
  address: addressOf(container),
});

const prepare = ({ name, account, image, secrets }: ServiceContainer): string =>
  line("prepare", name, account, image, ...new Set(Object.values(secrets)));

const start = ({ container, run }: { container: ServiceContainer; run: Run }): string =>
  line("start", container.name, addressOf(container), container.startupSeconds, ...run.arguments);

/** The arguments of `docker run` without the name, and their fingerprint: a container with the same fingerprint is up to date. */
function runOf(container: ServiceContainer): Run {
  const { image, command, secrets, files, environment, mounts, scratch, labels } = container;
  const { entrypoint, command: rest } = started(command, { files, variables: secrets });
  const [shell = "", ...before] = entrypoint;
  const options = [
    ...confinementOptions(container),
    ...[...memoryOptions(container), `--cpus=${container.cpus}`, `--pids-limit=${container.processes}`],
    ...["--restart=unless-stopped", `--stop-timeout=${container.stopSeconds}`],
    ...["--network=singles", `--publish=${container.publishedPort}:${container.port}`],
    ...mounts.map(mountOption),
    ...scratch.map((folder) => `--tmpfs=${folder}:rw,nosuid,nodev,mode=1777`),
    ...Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`),
    ...["--log-driver=gcplogs", "--log-opt=gcp-log-cmd=false", "--log-opt=labels=service,revision"],
    ...Object.entries(labels).map(([name, value]) => `--label=${name}=${value}`),
  ];
  const run = [`--entrypoint=${shell}`, image, ...before, ...rest];
  const specification = createHash("sha256")
    .update(JSON.stringify([options, run]))
    .digest("hex")
    .slice(0, 16);
  return { arguments: [...options, `--label=specification=${specification}`, ...run], specification };
}

const backupLines = (backup: MachineBackup): string[] => [
  line("image", backup.image),
  `secrets backup "$(own_token)" ${backup.secrets.map(quoted).join(" ")}`,
  `mkdir -p ${machineFolders.scratch} && chown "$user" ${machineFolders.scratch}`,
  ...timedLines(backupFiles(backup), backupTimer(backup)),
];

/** Files on the VM, one of which is a timer. */
const timedLines = (files: Readonly<Record<string, string>>, timer: string): string[] => [
  ...Object.entries(files).map(([path, content]) => line("file", path, content)),
  '[ -z "$changed" ] || systemctl daemon-reload',
  line("systemctl", "enable", "--now", timer),
];

/** Runs lines in a subshell, whose failure is recorded and stops only these lines. */
const alone = (...lines: string[]): string => `(\n${lines.join("\n")}\n) &\nwait $! || failed=yes`;

const line = (...words: (string | number)[]): string => words.map((word) => quoted(String(word))).join(" ");

/** Quotes a word for the shell. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
