import { describe, expect, test } from "vitest";
import { targets } from "../../../ecosystem/targets.ts";
import { backupJobs, timeOf } from "../../../infra/backups/jobs.ts";
import { backedOn } from "./fixtures.ts";

const said = (jobs: ReturnType<typeof backupJobs>) =>
  jobs.map(({ name, action, schedule, identity, volumes, databases }) =>
    [
      ...[name, action, schedule, identity],
      [...volumes, ...databases.map(({ name }) => `${name}'s database`)].join(", "),
    ].join(" | "),
  );

const ends = ["check | check | 0 3 * * * | pruner | ", "vault | vault | 0 4 * * * | copier | "];

describe("the jobs of a stack", () => {
  test("on a Docker host: one place reaches all of it", () => {
    expect(said(backupJobs(backedOn("local", "compose")))).toEqual([
      "save | save | 0 2 * * * | writer | session-buddy, akosha, akosha's database, mahavishnu's database",
      ...ends,
    ]);
  });

  test("on Google Cloud: the databases, and the volumes of the machine", () => {
    expect(said(backupJobs(backedOn("prod", "cloud-run")))).toEqual([
      "databases | save | 0 2 * * * | writer | akosha's database, mahavishnu's database",
      "volumes | save | 0 2 * * * | writer | session-buddy",
      ...ends,
    ]);
  });

  test("in a cluster: the databases, and each volume where its one pod is", () => {
    expect(said(backupJobs(backedOn("prod", "kubernetes")))).toEqual([
      "databases | save | 0 2 * * * | writer | akosha's database, mahavishnu's database",
      "session-buddy | save | 0 2 * * * | writer | session-buddy",
      "akosha | save | 0 2 * * * | writer | akosha",
      ...ends,
    ]);
  });

  test.each(targets)("on %s before the first release there is nothing to back up", (target) => {
    expect(said(backupJobs(backedOn("prod", target, {}, false)))).toEqual(ends);
  });
});

test.each(targets)("on %s each job reads no more than its own work needs", (target) => {
  for (const { identity, databases, secrets } of backupJobs(backedOn("prod", target))) {
    const outside = target === "cloud-run" ? [] : [`backup-${identity}-credentials`];
    const passwords = databases.map(({ name }) => `${name}-database-password`);
    expect(secrets).toEqual([...(identity === "copier" ? [] : ["restic-password"]), ...passwords, ...outside]);
  }
});

test.each(targets)("on %s exactly one job backs up the settings, and so creates the repository", (target) => {
  expect(backupJobs(backedOn("prod", target)).filter(({ manifest }) => manifest)).toHaveLength(1);
});

test("a daily schedule is a time of day; another one is not", () => {
  expect(timeOf("5 9 * * *")).toBe("09:05");
  expect(() => timeOf("0 11 * * 0")).toThrow("0 11 * * 0: not a time of every day");
});
