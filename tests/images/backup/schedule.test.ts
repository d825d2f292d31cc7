import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { type Bench, bench } from "./fixtures.ts";

/** A double of the clock: `date` knows what the files say, and `sleep` moves it on by ten minutes at once. The rest of `date` is real. */
function clockAt({ path }: Bench, time: string): void {
  writeFileSync(path("now"), String(Date.parse(time) / 1000));
  const doubles = {
    date: `case "$*" in "-u +%s" | +%s) cat '${path("now")}' ;; *) exec /bin/date "$@" ;; esac`,
    sleep: `echo $(($(cat '${path("now")}') + 600)) >'${path("now.new")}' && mv '${path("now.new")}' '${path("now")}'`,
    restic: `echo "$(cat '${path("now")}') $1" >>'${path("ran")}'; exit 1`,
  };
  for (const [name, text] of Object.entries(doubles)) {
    writeFileSync(path("bin", name), `#!/bin/sh\n${text}\n`);
    chmodSync(path("bin", name), 0o755);
  }
}

const ranAt = ({ path }: Bench): string[] => {
  try {
    const lines = readFileSync(path("ran"), "utf8").trim().split("\n");
    return lines.map((line) => new Date(Number(line.split(" ")[0]) * 1000).toISOString().slice(0, 16));
  } catch {
    return [];
  }
};

test("a schedule runs at its time of every day, in UTC, and a night that fails does not end it", async (context) => {
  const here = bench(context);
  clockAt(here, "2026-11-24T09:15:00Z");
  const child = here.start(["schedule", "09:05", "check"], { TZ: "Pacific/Auckland" });
  let output = "";
  child.stdout?.on("data", (data) => {
    output += data;
  });
  await vi.waitUntil(() => ranAt(here).length >= 2, { timeout: 60_000 });
  expect(ranAt(here).slice(0, 2)).toEqual(["2026-11-25T09:05", "2026-11-26T09:05"]);
  expect(output).toContain("check failed; next run tomorrow at 09:05 UTC");
  expect(readFileSync(here.path("scratch", "next"), "utf8")).toMatch(/^2026-11-2\dT09:05:00Z\n$/);
  expect(child.exitCode).toBe(null);
}, 90_000);

test("on SIGTERM while waiting it exits at once", async (context) => {
  const here = bench(context);
  const child = here.start(["schedule", "02:00", "save"]);
  await vi.waitUntil(() => existsSync(here.path("scratch", "next")), { timeout: 20_000 });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await ended).toBe(143);
});
