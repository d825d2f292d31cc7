import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import type { Backed } from "../../../../../infra/backups/jobs.ts";
import { backupContainer, backupFiles } from "../../../../../infra/targets/cloud-run/backups/machine.ts";
import { describeWith } from "../../../../fixtures/tools.ts";
import { backedOn } from "../../../backups/fixtures.ts";

const filesOf = (backed: Backed<"cloud-run">) => {
  const backup = backupContainer(backed);
  return backup && backupFiles(backup);
};
const files = filesOf(backedOn("prod", "cloud-run")) ?? {};

test("the machine backs up its volumes at 02:00 UTC by a timer, in the same hardened container as on all targets", () => {
  expect(Object.keys(files)).toEqual([
    "/etc/mahavishnu/backup-volumes.env",
    "/etc/systemd/system/backup-volumes.service",
    "/etc/systemd/system/backup-volumes.timer",
  ]);
  expect(files["/etc/systemd/system/backup-volumes.timer"]).toContain("OnCalendar=*-*-* 02:00:00 UTC\n");
  const service = files["/etc/systemd/system/backup-volumes.service"] ?? "";
  for (const part of [
    "--user=10001:10001 --read-only --cap-drop=ALL --security-opt=no-new-privileges",
    "--mount=type=bind,source=/mnt/disks/session-buddy,target=/volumes/session-buddy,readonly",
    "--mount=type=bind,source=/run/singles/backup/restic-password,target=/run/secrets/restic-password,readonly",
    "--mount=type=bind,source=/var/lib/singles/scratch,target=/scratch \\\n",
    "--env-file=/etc/mahavishnu/backup-volumes.env",
    "--log-driver=gcplogs",
    "--network=host",
  ]) {
    expect(service).toContain(part);
  }
  expect(service).toMatch(/@sha256:[0-9a-f]{64} save\n$/);
  expect(files["/etc/mahavishnu/backup-volumes.env"]).toBe(
    [
      "BACKUP_STACK=mahavishnu-prod",
      "RESTIC_REPOSITORY=gs:mahavishnu-prod-backups:/cloud-run",
      "RESTIC_PASSWORD_FILE=/run/secrets/restic-password",
      "BACKUP_VOLUMES=session-buddy=/volumes/session-buddy",
      "",
    ].join("\n"),
  );
});

test("a release of the other services changes nothing on the machine", () => {
  const backed = backedOn("prod", "cloud-run");
  const stable = new Map([...backed.stable].map(([name, revision]) => [name, { ...revision, id: `${name}-other` }]));
  expect(filesOf({ ...backed, stable })).toEqual(files);
});

test("a machine without volumes has no backup", () => {
  expect(backupContainer(backedOn("prod", "cloud-run", {}, false))).toBeUndefined();
});

describeWith(["systemd-analyze"], "systemd takes the machine's units", {}, () => {
  test("both are valid, and the time is understood", ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), "units-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const units = Object.entries(files).filter(([path]) => path.startsWith("/etc/systemd/"));
    const paths = units.map(([path, text]) => {
      const file = join(folder, basename(path));
      // whoever verifies it need not have Docker
      writeFileSync(file, text.replaceAll("/usr/bin/docker", "/bin/true"));
      return file;
    });
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], { encoding: "utf8" });
    // what it warns of in the system's own units is none of ours
    expect({ status, ours: stderr.split("\n").filter((line) => line.includes("backup-volumes")) }).toEqual({
      status: 0,
      ours: [],
    });
  });
});
