import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname } from "node:path/posix";
import type { RevisionRole } from "../../../ecosystem/revision-role.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import { backupJobs } from "../../backups/jobs.ts";
import type { CloudRunDeployment, Pair } from "../../deployment.ts";
import { accountEmail, backupJobName, databaseName, labelsOf, previewPort } from "../../names.ts";
import { DATABASE_HOST } from "../../release/addresses.ts";
import type { Revision } from "../../release/revision.ts";
import { started } from "../compose/start.ts";
import { machineBackup } from "./backups/machine.ts";
import { healthTimer, machineHealth } from "./machine-health.ts";

/** One container of the machine: the stable of a single service on its durable disk, or its candidate on a scratch volume. */
export type Single = { revision: Revision; role: RevisionRole };

/** What the machine runs. */
export type MachineContent = {
  stack: string;
  project: string;
  region: string;
  singletons: readonly Single[];
  /** What saves the volumes at night: its image, the secrets that it reads, its files by path, and the timer among them. */
  backup: {
    image: string;
    secrets: readonly string[];
    files: Readonly<Record<string, string>>;
    timer: string | undefined;
  };
};

/** Where the machine keeps things. Secrets lie in memory. */
const machineFolders = {
  secrets: "/run/singles/backup",
  volume: (service: string): string => `/mnt/disks/${service}`,
  scratch: "/var/lib/singles/scratch",
} as const;

/** Where a single's revision answers on the machine: its own port, or for a candidate one beside it. */
export const portOf = ({ revision: { port }, role }: Single): number => (role === "stable" ? port : previewPort(port));

/** What the machine of a stack runs: the single services, and what saves their volumes. */
export function machineContent(deployment: CloudRunDeployment, single: ReadonlyMap<ServiceName, Pair>): MachineContent {
  const { stack, settings } = deployment;
  const { project, region } = settings.cloudRun;
  const job = backupJobs(deployment).find(({ volumes }) => volumes.length > 0);
  return {
    ...{ stack, project, region },
    singletons: [...single.values()].flatMap(({ stable, candidate }) => [
      { revision: stable, role: "stable" as const },
      ...(candidate ? [{ revision: candidate, role: "candidate" as const }] : []),
    ]),
    backup: {
      image: settings.backups.image,
      secrets: job?.secrets ?? [],
      files: machineBackup(deployment, machineFolders),
      timer: job && `${backupJobName(job)}.timer`,
    },
  };
}

/**
 * The script in the machine's metadata that brings it to what is wanted. It names secrets and holds none. Up to `settle`
 * everything runs on as it is; from there on what fails takes nothing from the others.
 */
export function machineScript({ stack, project, region, singletons, backup }: MachineContent): string {
  const containers = singletons.map((single) => ({ ...single, ...containerOf(single, stack) }));
  const [stable, candidate] = [
    containers.filter(({ role }) => role === "stable"),
    containers.filter(({ role }) => role === "candidate"),
  ];
  const prepare = ({ revision }: Single) =>
    line("prepare", revision.id, accountEmail(revision.service, project), revision.image, ...secretsOf(revision));
  const addressOf = (single: Single) => `http://127.0.0.1:${portOf(single)}${single.revision.health}`;
  const asked = (single: Single) => ({ service: single.revision.service, address: addressOf(single) });
  const start = (container: (typeof containers)[number]) =>
    line(
      "start",
      container.revision.id,
      addressOf(container),
      container.revision.startupSeconds,
      ...container.arguments,
    );
  const wanted = [
    `project=${quoted(project)} registry=${quoted(`${region}-docker.pkg.dev`)}`,
    "begin",
    // before anything can fail: of what never comes to run it is told too
    alone(...timedLines(machineHealth(project, stable.map(asked)), healthTimer)),
    ...stable.map(({ revision }) => line("disk", revision.service)),
    ...stable.map(prepare),
    line("settle", ...containers.map(({ revision, specification }) => `${revision.id}=${specification}`)),
    ...stable.map((container) => alone(start(container))),
    ...backupLines(backup),
    ...candidate.map((container) => alone(prepare(container), start(container))),
    '[ -z "$failed" ]',
  ];
  return `${functions.trimEnd()}\n${wanted.join("\n")}\n`;
}

const functions = ["google", "apply"]
  .map((name) => readFileSync(new URL(`./machine/${name}.sh`, import.meta.url), "utf8"))
  .join("\n");

/** The processes and threads of one container; the busiest of the servers has some sixty. */
const PROCESSES = 512;

/** What `docker run` is told besides the name, and a fingerprint of it: a container with the same one is the same. */
function containerOf({ revision, role }: Single, stack: string): { arguments: string[]; specification: string } {
  const { id, service, image, command, port, environment, secrets, files, state, scratch, cpu, memoryMi } = revision;
  const { entrypoint, command: rest } = started(command, { files, variables: secrets });
  const [shell = "", ...before] = entrypoint;
  const volume =
    role === "stable" ? `type=bind,source=${machineFolders.volume(service)}` : `type=volume,source=scratch-${id}`;
  const memory = [...new Set([...scratch, ...Object.keys(files).map(dirname)])];
  const labels = { ...labelsOf(stack, revision), component: "service", role };
  const options = [
    ...["--user=10001:10001", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"],
    ...[`--memory=${memoryMi}m`, `--memory-swap=${memoryMi}m`, `--cpus=${cpu}`, `--pids-limit=${PROCESSES}`],
    ...["--restart=unless-stopped", `--stop-timeout=${revision.stopSeconds}`],
    ...["--network=singles", `--publish=${portOf({ revision, role })}:${port}`],
    `--mount=type=bind,source=/run/singles/${id},target=/run/secrets,readonly`,
    `--mount=${volume},target=${state}`,
    ...memory.map((folder) => `--tmpfs=${folder}:rw,nosuid,nodev,mode=1777`),
    ...Object.entries(environment).map(
      ([name, value]) => `--env=${name}=${value.replaceAll(DATABASE_HOST, databaseName)}`,
    ),
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

function backupLines({ image, secrets, files, timer }: MachineContent["backup"]): string[] {
  if (timer === undefined) return [];
  const lines = [
    line("image", image),
    `secrets backup "$(own_token)" ${secrets.map(quoted).join(" ")}`,
    `mkdir -p ${machineFolders.scratch} && chown "$user" ${machineFolders.scratch}`,
    ...timedLines(files, timer),
  ];
  return [alone(...lines)];
}

/** Files of the machine, of which a timer is one. */
const timedLines = (files: Readonly<Record<string, string>>, timer: string): string[] => [
  ...Object.entries(files).map(([path, content]) => line("file", path, content)),
  '[ -z "$changed" ] || systemctl daemon-reload',
  line("systemctl", "enable", "--now", timer),
];

const secretsOf = ({ secrets }: Revision): string[] => [...new Set(Object.values(secrets))];

/** Lines in a process of their own, whose failure is noted and stops only them. */
const alone = (...lines: string[]): string => `(\n${lines.join("\n")}\n) &\nwait $! || failed=yes`;

const line = (...words: (string | number)[]): string => words.map((word) => quoted(String(word))).join(" ");

/** A word that a shell takes as it is. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
