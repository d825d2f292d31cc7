import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { promisify } from "node:util";
import type { Command } from "commander";
import { beforeAll, describe, expect, test } from "vitest";
import { clientLimits } from "../../ecosystem/limits.ts";
import { objectives } from "../../ecosystem/objectives.ts";
import { retention, schedules } from "../../ecosystem/retention.ts";
import { targets } from "../../ecosystem/targets.ts";
import { requestLog } from "../../edge/requestlog.ts";
import { type AlertName, alerts, runbookOf } from "../../infra/alerts/alerts.ts";
import { graphOf } from "../../infra/graph/offline.ts";
import { kinds } from "../../policies/evidence/kinds.ts";
import { anchorOf, commandsOf, headingsOf, type Command as Typed } from "./commands.ts";

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
    `at most ${objectives.recoveryPointHours} h of data lost (RPO), service restored within ${objectives.recoveryTimeHours} h (RTO)`,
    `${daily} daily, ${weekly} weekly and ${monthly} monthly backups`,
    `made at ${clock(schedules.backup)} UTC, checked at ${clock(schedules.backupCheck)}, copied to the vault at ${clock(schedules.backupVault)}`,
    `CPU below ${100 * objectives.cpuRatio} %, memory below ${100 * objectives.memoryRatio} %`,
    `${retention.logFiles} files of 10 MB`,
    `${retention.logDays} days in the bucket`,
    `after ${retention.secretDays} days`,
  ]) {
    expect(all).toContain(said);
  }
});

test("the log fields that runbooks search for are in every line of the edge's log", () => {
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
const PROGRAMS = ["npx", "pulumi", "docker", "kubectl", "gcloud", "restic", "openssl", "git", "export"];
const FILTERS = ["grep", "sort", "uniq", "tail"];
const INSIDE = [
  "backup.sh",
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

test.each(["restore-drill", "pager"] as const)("the evidence example of %s is valid", (kind) => {
  const [page] = commands
    .filter(({ line }) => line.startsWith(`npx maha evidence add ${kind}`))
    .map(({ page }) => pages[page]);
  const [, example = ""] = /^```json\n(.*?)^```$/ms.exec(page ?? "") ?? [];
  const result = kinds[kind].result.parse(JSON.parse(example));
  expect(kinds[kind].objection(result as never)).toBeUndefined();
});

describe("the commands", () => {
  test("there are many, of programs that a person on call has", () => {
    expect(commands.length).toBeGreaterThan(80);
    for (const { page, line, program, args } of commands) {
      expect([page, line, [...PROGRAMS, ...FILTERS].includes(program)]).toEqual([page, line, true]);
      const inside = programInside({ program, args });
      if (inside !== undefined) expect([page, line, INSIDE.includes(inside)]).toEqual([page, line, true]);
    }
  });

  const mahas = [...new Set(commands.filter(({ program }) => program === "npx").map(({ line }) => line))];
  let verbs = "";
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, "cli", "maha.ts"), "--help"]);
    verbs = stdout;
  });

  test.each(mahas)("%s: the command line has that verb, and takes that", async (line) => {
    const [, name, verb = "", ...rest] = line.split(" ");
    expect(name).toBe("maha");
    expect(verbs).toMatch(new RegExp(`^  ${verb} `, "m"));
    const { command } = (await import(`../../cli/${verb}.ts`)) as { command: Command };
    const sub = command.commands.find((one) => one.name() === rest[0]);
    expect(command.commands.length > 0).toBe(sub !== undefined);
    const { options, registeredArguments } = sub ?? command;
    const given = sub ? rest.slice(1) : rest;
    if (given.includes("--help")) return;
    const known = new Map(options.map((option) => [option.long, option]));
    const values = given.filter((word, i) => word.startsWith("--") || known.get(given[i - 1] ?? "")?.required);
    for (const option of given.filter((word) => word.startsWith("--"))) expect([...known.keys()]).toContain(option);
    expect(given.length - values.length).toBe(registeredArguments.filter(({ required }) => required).length);
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

  test("are those of prod's resources", () => {
    for (const { page, line, args } of commands) {
      for (const name of args.flatMap(namesIn))
        expect([page, line, name, known.has(name)]).toEqual([page, line, name, true]);
    }
  });
});

/** The program that runs in a container: `docker exec NAME PROGRAM`, `kubectl exec NAME -- PROGRAM`. */
function programInside({ program, args }: Pick<Typed, "program" | "args">): string | undefined {
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
