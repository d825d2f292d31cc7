import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { clientLimits } from "../../ecosystem/limits.ts";
import { objectives } from "../../ecosystem/objectives.ts";
import { retention, schedules } from "../../ecosystem/retention.ts";
import { targets } from "../../ecosystem/targets.ts";
import { requestLog } from "../../edge/requestlog.ts";
import { graphOf } from "../../infra/graph/offline.ts";
import { type AlertName, alerts, runbookOf } from "../../infra/observability/alerts.ts";
import { anchorOf, type Command, commandsOf, headingsOf } from "./commands.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = "docs/runbooks";
const pages = Object.fromEntries(
  readdirSync(join(root, folder)).map((file) => [`${folder}/${file}`, readFileSync(join(root, folder, file), "utf8")]),
);
const anchors = Object.fromEntries(Object.entries(pages).map(([page, text]) => [page, headingsOf(text).map(anchorOf)]));
const commands = Object.entries(pages).flatMap(([page, text]) => commandsOf(text).map((one) => ({ page, ...one })));

test.each(Object.keys(alerts) as AlertName[])("%s has a heading, with its priority", (alert) => {
  const [page = "", anchor] = runbookOf(alert).split("#");
  expect(anchors[page]).toContain(anchor);
  expect(pages[page]).toContain(`## ${alert}\n\n${alerts[alert].priority}`);
});

test("no heading is about an alert that does not exist", () => {
  const about = headingsOf(pages[`${folder}/alerts.md`] ?? "").filter((heading) => heading !== "Alerts");
  expect(about.sort()).toEqual(Object.keys(alerts).sort());
});

test.each(Object.keys(pages))("every link of %s leads somewhere", (page) => {
  for (const [, link = ""] of (pages[page] ?? "").matchAll(/\]\(([^)]+)\)/g)) {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? page : normalize(join(dirname(page), file));
    expect(Object.keys(pages)).toContain(target);
    if (anchor !== undefined) expect([link, anchors[target]]).toEqual([link, expect.arrayContaining([anchor])]);
  }
});

test.each([
  "High CPU or memory",
  "Database pool exhausted",
  "Server not responding",
  "Rate limit too strict",
  "Backup failure",
  "Security incident",
  "Bad release",
])("there is a scenario: %s", (scenario) => {
  expect(headingsOf(pages[`${folder}/scenarios.md`] ?? "")).toContain(scenario);
});

test("the numbers are the ecosystem's", () => {
  const all = Object.values(pages).join("\n").replaceAll(/\s+/g, " ");
  const { daily, weekly, monthly } = retention.backups;
  const { perMinute, burst, perHour } = clientLimits;
  const clock = (cron: string) =>
    cron.replace(/^(\d+) (\d+).*/, (_, minute, hour) => `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`);
  for (const said of [
    `${perMinute} requests a minute, ${burst} at once, ${perHour} an hour`,
    `at most ${objectives.recoveryPointHours} h of data lost (RPO), back within ${objectives.recoveryTimeHours} h (RTO)`,
    `kept are ${daily} days, ${weekly} weeks, ${monthly} months`,
    `made at ${clock(schedules.backup)} UTC, checked at ${clock(schedules.backupCheck)}, copied to the vault at ${clock(schedules.backupVault)}`,
    `CPU below ${100 * objectives.cpuRatio} %, memory below ${100 * objectives.memoryRatio} %`,
    `${retention.logFiles} files of 10 MB`,
    `${retention.logDays} days in the bucket`,
    `after ${retention.secretDays} days`,
  ]) {
    expect(all).toContain(said);
  }
});

test("what is looked for in the edge's log stands in each of its lines", () => {
  const { typed_config } = requestLog(
    { folder: "/x", accessLog: "stdout", services: [] },
    {
      ...{ name: "akosha", listen: { address: "127.0.0.1", port: 1 } },
      stable: { id: "akosha-1", endpoints: [] },
    },
  );
  const fields = Object.keys(
    (typed_config as unknown as { log_format: { json_format: object } }).log_format.json_format,
  );
  expect(fields).toEqual(expect.arrayContaining(["revision", "traceparent", "client"]));
  const wanted = commands.filter(({ program, line }) => program === "grep" && line.includes("edge"));
  expect(wanted.length).toBeGreaterThan(4);
  for (const { line, args } of wanted) {
    for (const [, field] of args.join(" ").matchAll(/"(\w+)":/g)) {
      expect([line, fields]).toEqual([line, expect.arrayContaining([field])]);
    }
  }
});

/** What a person on call has at hand; and what they find inside a container, after `exec`. */
const PROGRAMS = ["maha", "pulumi", "docker", "kubectl", "gcloud", "restic", "openssl", "git", "export"];
const FILTERS = ["grep", "sort", "uniq", "tail"];
const INSIDE = [
  "promtool",
  "amtool",
  "restic",
  "psql",
  "createdb",
  "dropdb",
  "vacuumdb",
  "pg_restore",
  "find",
  "cat",
  "rm",
  "df",
];

describe("the commands", () => {
  test("there are many, of programs that a person on call has", () => {
    expect(commands.length).toBeGreaterThan(80);
    for (const { page, line, program, args } of commands) {
      expect([page, line, [...PROGRAMS, ...FILTERS].includes(program)]).toEqual([page, line, true]);
      const inside = programInside({ program, args, line });
      if (inside !== undefined) expect([page, line, INSIDE.includes(inside)]).toEqual([page, line, true]);
    }
  });

  const mahas = [...new Set(commands.filter(({ program }) => program === "maha").map(({ line }) => line))];

  test.each(mahas)("%s: the command line has that verb and those options", async (line) => {
    const args = commandsOf(`\`\`\`sh\n${line}\n\`\`\``)[0]?.args ?? [];
    const verbs = args.slice(0, args[0] === "release" ? 2 : 1);
    const help = await maha(...verbs, "--help");
    for (const option of args.filter((arg) => arg.startsWith("--"))) expect(help).toContain(`${option} `);
    const given = args
      .slice(verbs.length)
      .filter((arg, i, rest) => !arg.startsWith("--") && !rest[i - 1]?.startsWith("--"));
    expect(given).toHaveLength([...(help.split("\n")[0] ?? "").matchAll(/ <\w+>/g)].length);
  });
});

describe("the names in them", () => {
  const known = new Set<string>();
  beforeAll(async () => {
    for (const target of targets) {
      const { resources } = await graphOf(root, "prod", target);
      for (const name of JSON.stringify(resources).match(/[\w.-]+/g) ?? []) known.add(name);
    }
  });

  test("are those of what the program makes for prod", () => {
    for (const { page, line, args } of commands) {
      for (const name of args.flatMap(namesIn))
        expect([page, line, name, known.has(name)]).toEqual([page, line, name, true]);
    }
  });
});

/** The program that runs in a container: `docker exec NAME PROGRAM`, `kubectl exec NAME -- PROGRAM`. */
function programInside({ program, args }: Command): string | undefined {
  const at = args.indexOf("exec");
  if (at < 0) return undefined;
  if (program === "kubectl") return args[args.indexOf("--") + 1];
  return args.slice(at + 1).filter((arg) => !arg.startsWith("--"))[1];
}

/** The names in an argument that the program must have given: ours begin with the stack's. */
const namesIn = (arg: string): string[] =>
  [...arg.matchAll(/mahavishnu-prod[a-z0-9-]*(?:<revision>)?/g)]
    .map(([name]) => name)
    .filter((name) => !name.endsWith("<revision>"))
    .concat(/^cronjob\/(.+)$/.exec(arg)?.[1] ?? []);

async function maha(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "cli", "maha.ts"), ...args]);
  return stdout;
}
