import { describe, expect, test } from "vitest";
import { containerOf, describedIn, localWith } from "../fixtures.ts";

const keys = ["backup-save", "backup-check", "backup-vault"];

describe("the backups of a stack on its host", () => {
  test("run as containers of their own, each with an address, a health check and no more secrets than it needs", () => {
    const described = describedIn("stable");
    const found = keys.map((key) => containerOf(described, key));
    expect(new Set(found.map(({ network }) => network?.address)).size).toBe(keys.length);
    expect(found.map(({ user, secrets }) => [user, secrets])).toEqual([
      ["10001:10001", ["restic-password", "akosha-database-password", "mahavishnu-database-password"]],
      ["10001:10001", ["restic-password"]],
      ["10001:10001", []],
    ]);
  });

  test("mount the services' volumes read-only", () => {
    const { mounts = [] } = containerOf(describedIn("stable"), "backup-save");
    for (const service of ["session-buddy", "akosha"]) {
      expect(mounts).toContainEqual({
        path: `/volumes/${service}`,
        volume: { key: `${service}-data`, keeps: true },
        readOnly: true,
      });
    }
  });

  test("have egress only if their repository is external", () => {
    const outside = (changes: object) =>
      keys.filter((key) => containerOf(describedIn("stable", localWith(changes)), key).network?.outside);
    expect(outside({})).toEqual([]);
    expect(outside({ vault: "gs:acme-vault:/local" })).toEqual(["backup-vault"]);
    expect(outside({ backups: "gs:acme-backups:/local", vault: "gs:acme-vault:/local" })).toEqual(keys);
  });

  test("find a repository on the host as a folder", () => {
    const { mounts } = containerOf(describedIn("stable"), "backup-save");
    expect(mounts).toContainEqual({ path: "/repository", folder: "/var/backups/mahavishnu", readOnly: false });
  });
});
