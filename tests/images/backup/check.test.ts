import { execFile } from "node:child_process";
import { readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { retention } from "../../../ecosystem/retention.ts";
import { describeWith } from "../../fixtures/tools.ts";
import { type Bench, bench } from "./fixtures.ts";

describeWith(
  ["restic"],
  "backup.sh checks and forgets with a real restic",
  { timeout: 180_000, concurrent: true },
  () => {
    test("of a year it keeps the newest of 30 days, 12 ISO weeks and 6 months, and of each store its own", async (context) => {
      const here = bench(context);
      expect((await here.backup(["save"])).code).toBe(0);
      const days = aYear();
      await snapshots(here, "akosha", days);
      const other = days.slice(-2);
      await snapshots(here, "session-buddy", other);
      const { code, output } = await here.backup(["check"]);
      expect(code, output).toBe(0);
      expect(await kept(here, "akosha")).toEqual(toKeep(days));
      expect(await kept(here, "session-buddy")).toEqual(other);
      expect(await kept(here, "settings")).toHaveLength(1);
      expect(here.series("check").success).toBe(1);
      expect(await here.restic("list", "locks", "--no-lock")).toEqual({ code: 0, output: "" });
    });

    test("a damaged repository is reported, and nothing is pruned from it", async (context) => {
      const here = bench(context);
      expect((await here.backup(["save"])).code).toBe(0);
      await snapshots(here, "akosha", ["2025-01-01", "2025-01-01"]);
      for (const pack of packsOf(here)) truncateSync(pack, statSync(pack).size - 1);
      const { code, output } = await here.backup(["check"]);
      expect(code).toBe(1);
      expect(output).toContain("backup of check: mahavishnu_backup_success=0");
      expect(here.series("check")).toEqual({ success: 0 });
      expect(await kept(here, "akosha")).toHaveLength(2);
    });

    test("the newest backup is kept, however old", async (context) => {
      const here = bench(context);
      expect((await here.backup(["save"])).code).toBe(0);
      await snapshots(here, "akosha", ["2019-06-01"]);
      const least = { BACKUP_KEEP_DAILY: "1", BACKUP_KEEP_WEEKLY: "1", BACKUP_KEEP_MONTHLY: "1" };
      expect((await here.backup(["check"], least)).code).toBe(0);
      expect(await kept(here, "akosha")).toEqual(["2019-06-01"]);
    });
  },
);

const DAY = 86_400_000;
const date = (time: number) => new Date(time).toISOString().slice(0, 10);

/** The days on which backups were made: each one of the last month, before it one in six days, and at last one in 24. */
function aYear(): string[] {
  const last = Date.UTC(2026, 10, 24);
  return Array.from({ length: 365 }, (_, ago) => ago)
    .filter((ago) => ago < 32 || (ago < 98 && ago % 6 === 0) || ago % 24 === 0)
    .map((ago) => date(last - ago * DAY))
    .reverse();
}

/** Grandfather, father, son, as the recovery guide says it: the newest of each of the newest days, weeks and months. */
function toKeep(days: string[]): string[] {
  const { daily, weekly, monthly } = retention.backups;
  const newestFirst = [...days].reverse();
  const newestOf = (period: (day: string) => string, count: number) => {
    const newest = new Map<string, string>();
    for (const day of newestFirst) if (!newest.has(period(day))) newest.set(period(day), day);
    return [...newest.values()].slice(0, count);
  };
  const all = [
    ...newestOf((day) => day, daily),
    ...newestOf(isoWeek, weekly),
    ...newestOf((day) => day.slice(0, 7), monthly),
  ];
  return [...new Set(all)].sort();
}

/** An ISO week is the one that its Thursday lies in. */
function isoWeek(day: string): string {
  const time = Date.parse(day);
  return date(time - ((new Date(time).getUTCDay() + 6) % 7) * DAY + 3 * DAY);
}

async function snapshots(here: Bench, store: string, days: string[]): Promise<void> {
  writeFileSync(here.path("some"), store);
  const one = `exec restic backup --quiet --host mahavishnu-test --tag ${store} --time "$1 02:00:00" "$2"`;
  await Promise.all(
    [0, 1].map(async (half) => {
      for (const day of days.filter((_, i) => i % 2 === half)) {
        await promisify(execFile)("sh", ["-c", one, "sh", day, here.path("some")], { env: here.environment });
      }
    }),
  );
}

async function kept(here: Bench, store: string): Promise<string[]> {
  const { output } = await here.restic("snapshots", "--json", "--no-lock", "--tag", store);
  return (JSON.parse(output) as { time: string }[]).map(({ time }) => time.slice(0, 10)).sort();
}

const packsOf = (here: Bench): string[] =>
  readdirSync(here.path("repository", "data"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
