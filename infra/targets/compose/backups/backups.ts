import type { ComposeDeployment } from "../../../deployment.ts";
import { named } from "../../../names.ts";
import type { Addresses, Resident } from "../addresses.ts";
import { type ComposeContainer, OURS, serviceVolume, type Volume } from "../container.ts";
import { type BackupContainer, composeBackup } from "./containers.ts";

/** The volume for the backups' metrics. */
export const backupSeries: Volume = { key: "backup-series", keeps: false };

/** The containers that back up a stack's data, check the repository, and copy it elsewhere, each on its own daily schedule. */
export const backupContainers = (
  asked: Pick<ComposeDeployment, "stack" | "settings" | "stable" | "candidate">,
  addresses: Addresses,
  after: readonly string[],
): ComposeContainer[] => composeBackup(asked).map((backup) => backupContainer(asked.stack, backup, addresses, after));

function backupContainer(
  stack: string,
  backup: BackupContainer,
  addresses: Addresses,
  after: readonly string[],
): ComposeContainer {
  const {
    name: key,
    image,
    command,
    environment,
    secrets,
    volumes,
    folders,
    scratch,
    series,
    health,
    memoryMi,
  } = backup;
  const names = Object.values(secrets);
  return {
    key,
    name: named(stack, key),
    image,
    user: OURS,
    command,
    environment,
    secrets: names,
    mounts: [
      { path: scratch, volume: { key: `${key}-scratch`, keeps: false } },
      { path: series, volume: backupSeries },
      ...volumes.map(({ service, path }) => ({ path, volume: serviceVolume(service), readOnly: true })),
      ...Object.entries(folders).map(([path, { host, readOnly }]) => ({ path, folder: host, readOnly })),
    ],
    scratch: ["/tmp"],
    network: {
      address: addresses.of(key as Resident),
      // a repository that is not a host folder is external, and needs credentials
      outside: names.some((secret) => secret.endsWith("-credentials")),
    },
    cpu: 0.5,
    memoryMi,
    processes: 128,
    health: { ...health, startSeconds: 30 },
    stopSeconds: 60,
    after,
  };
}
