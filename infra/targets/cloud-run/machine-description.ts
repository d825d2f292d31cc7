import { dirname } from "node:path/posix";
import type { RevisionRole } from "../../../ecosystem/revision-role.ts";
import type { Secret } from "../../../ecosystem/secrets.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { Seconds } from "../../../ecosystem/units.ts";
import type { CloudRunDeployment, Pair } from "../../deployment.ts";
import { accountEmail, databaseName, labelsOf, previewPort } from "../../names.ts";
import { DATABASE_HOST } from "../../release/addresses.ts";
import type { Revision } from "../../release/revision.ts";
import { backupContainer, type MachineBackup } from "./backups/machine.ts";
import { confinement, type MachineContainer, type MachineMount, machineFolders } from "./machine-container.ts";

/**
 * What the VM of a stack's single services runs, as data. The VM's script is generated from it, and it is in the VM's
 * metadata, where policies read it. It names secrets but contains none.
 */
export type MachineDescription = {
  project: string;
  /** The registry host that images are pulled from. */
  registry: string;
  containers: ServiceContainer[];
  /** The nightly backup of the volumes; undefined before the first release. */
  backup?: MachineBackup | undefined;
};

/** The stable of a single service on its durable disk, or its candidate on a scratch volume. */
export type ServiceContainer = MachineContainer & {
  service: ServiceName;
  role: RevisionRole;
  /** The service account that reads its secrets. */
  account: string;
  cpus: number;
  /** The secret of each environment variable. */
  secrets: Record<string, Secret>;
  /** Files to write before the command starts, by path. */
  files: Record<string, string>;
  /** In-memory folders. */
  scratch: string[];
  labels: Record<string, string>;
  port: number;
  /** The port as published on the VM; a candidate's differs from its stable's. */
  publishedPort: number;
  health: string;
  startupSeconds: Seconds;
  stopSeconds: Seconds;
};

/** A revision of a single service and its role. */
export type Single = { revision: Revision; role: RevisionRole };

/** Describes what a stack's VM runs: the single services, and the backup of their volumes. */
export function describeMachine(
  deployment: CloudRunDeployment,
  single: ReadonlyMap<ServiceName, Pair>,
): MachineDescription {
  const { stack, settings } = deployment;
  const { project, region } = settings.cloudRun;
  const singles = [...single.values()].flatMap(({ stable, candidate }): Single[] => [
    { revision: stable, role: "stable" },
    ...(candidate ? [{ revision: candidate, role: "candidate" as const }] : []),
  ]);
  return {
    project,
    registry: `${region}-docker.pkg.dev`,
    containers: singles.map((one) => serviceContainer(one, { stack, project })),
    backup: backupContainer(deployment),
  };
}

/** Describes the container of one revision. */
export function serviceContainer(
  { revision, role }: Single,
  { stack, project }: { stack: string; project: string },
): ServiceContainer {
  const { id, service, image, command, port, environment, secrets, files, state, scratch, cpu, memoryMi } = revision;
  const data: Pick<MachineMount, "type" | "source"> =
    role === "stable"
      ? { type: "bind", source: machineFolders.volume(service) }
      : { type: "volume", source: `scratch-${id}` };
  return {
    ...{ name: id, image, service, role, account: accountEmail(service, project) },
    ...confinement,
    ...{ memoryMi, cpus: cpu, processes: PROCESSES },
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, value.replaceAll(DATABASE_HOST, databaseName)]),
    ),
    ...{ secrets, files, command: [...command] },
    mounts: [
      { type: "bind", source: machineFolders.secrets(id), target: "/run/secrets", readOnly: true },
      { ...data, target: state, readOnly: false },
    ],
    scratch: [...new Set([...scratch, ...Object.keys(files).map(dirname)])],
    labels: { ...labelsOf(stack, revision), component: "service", role },
    ...{ port, publishedPort: role === "stable" ? port : previewPort(port) },
    ...{ health: revision.health, startupSeconds: revision.startupSeconds, stopSeconds: revision.stopSeconds },
  };
}

/** The limit on a container's processes and threads; the busiest server has about sixty. */
const PROCESSES = 512;
