import { expect, test } from "vitest";
import { composeBackup } from "../../../../../infra/targets/compose/backups/containers.ts";
import { backedOn } from "../../../backups/fixtures.ts";

test("three containers wait for their schedules; each can access only what its job needs", () => {
  const [save, check, vault, ...others] = composeBackup(backedOn("local", "compose"));
  expect(others).toEqual([]);
  expect(save).toMatchObject({
    name: "backup-save",
    command: ["schedule", "02:00", "save"],
    secrets: {
      "/run/secrets/restic-password": "restic-password",
      "/run/secrets/akosha-database-password": "akosha-database-password",
      "/run/secrets/mahavishnu-database-password": "mahavishnu-database-password",
    },
    volumes: [
      { service: "session-buddy", path: "/volumes/session-buddy" },
      { service: "akosha", path: "/volumes/akosha" },
    ],
    folders: { "/repository": { host: "/var/backups/mahavishnu", readOnly: false } },
    environment: {
      BACKUP_VOLUMES: "session-buddy=/volumes/session-buddy akosha=/volumes/akosha",
      BACKUP_SERIES: "/series",
      PGHOST: "postgres",
    },
  });
  expect(check).toMatchObject({
    name: "backup-check",
    command: ["schedule", "03:00", "check"],
    secrets: { "/run/secrets/restic-password": "restic-password" },
    volumes: [],
    folders: { "/repository": { host: "/var/backups/mahavishnu", readOnly: false } },
  });
  expect(vault).toMatchObject({
    name: "backup-vault",
    command: ["schedule", "04:00", "vault"],
    secrets: {},
    volumes: [],
    folders: {
      "/repository": { host: "/var/backups/mahavishnu", readOnly: true },
      "/vault": { host: "/var/backups/mahavishnu-vault", readOnly: false },
    },
  });
});

test("with external locations, no host folder is mounted, and each identity has its own key", () => {
  const containers = composeBackup(backedOn("prod", "compose"));
  for (const { folders } of containers) expect(folders).toEqual({});
  expect(containers.map(({ secrets }) => Object.values(secrets).filter((name) => name.startsWith("backup-")))).toEqual([
    ["backup-writer-credentials"],
    ["backup-pruner-credentials"],
    ["backup-copier-credentials"],
  ]);
});
