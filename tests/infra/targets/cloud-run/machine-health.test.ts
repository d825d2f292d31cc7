import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { catalogue } from "../../../../infra/alerts/catalogue.ts";
import { type Single, serviceContainer } from "../../../../infra/targets/cloud-run/machine-description.ts";
import { machineHealth } from "../../../../infra/targets/cloud-run/machine-health.ts";
import { machineScript } from "../../../../infra/targets/cloud-run/machine-script.ts";
import { type TestMachine, testMachine } from "../../../fixtures/machine/machine.ts";
import { describeWith } from "../../../fixtures/tools.ts";
import { revisionOf } from "./fixtures.ts";

const single = (digit: string, role: Single["role"]): Single => ({
  revision: { ...revisionOf("session-buddy", digit), startupSeconds: 1 },
  role,
});
const scriptOf = (...singles: Single[]) =>
  machineScript({
    ...{ project: "acme-prod", registry: "europe-west1-docker.pkg.dev" },
    containers: singles.map((one) => serviceContainer(one, { stack: "prod", project: "acme-prod" })),
  });

type Point = {
  metric: { type: string; labels: { service: string } };
  resource: unknown;
  points: [{ interval: { endTime: string }; value: { doubleValue: number } }];
};

/** What a machine tells when its timer says so: each series by its name in PromQL. */
async function told(machine: TestMachine) {
  machine.unmark("told");
  const { ok, output } = await machine.run(machine.read("etc/singles/health.sh"));
  const points = (ok ? machine.read("told").trim().split("\n") : []).flatMap(
    (line) => (JSON.parse(line) as { timeSeries: Point[] }).timeSeries,
  );
  const inPromql = (type: string) => type.replace("/", ":").replaceAll(/[^\w:]/g, "_");
  return {
    ...{ ok, output, points },
    values: Object.fromEntries(
      points.map(({ metric, points: [{ value }] }) => [
        `${inPromql(metric.type)} ${metric.labels.service}`,
        value.doubleValue,
      ]),
    ),
  };
}

const [up, memory] = [
  "custom_googleapis_com:mahavishnu_single_up session-buddy",
  "custom_googleapis_com:mahavishnu_single_memory_percent session-buddy",
];

test("the machine reports every minute whether its single service answers, and its memory usage", async () => {
  const machine = await testMachine();
  machine.mark("memory", "12.50%\n");
  await machine.run(scriptOf(single("a", "stable")));
  const { points, values } = await told(machine);
  expect(values).toEqual({ [up]: 1, [memory]: 12.5 });
  for (const {
    resource,
    points: [point],
  } of points) {
    expect(resource).toEqual({ type: "gce_instance", labels: { instance_id: "7", zone: "europe-west1-b" } });
    expect(Math.abs(Date.parse(point.interval.endTime) - Date.now())).toBeLessThan(60_000);
  }
  for (const name of [up, memory]) expect(Object.keys(catalogue["cloud-run"])).toContain(name.split(" ")[0]);
  expect(machine.read("etc/systemd/system/health.timer")).toContain("OnCalendar=minutely\n");
});

test("a single service that does not answer is reported as down, whether its container runs or not", async () => {
  const machine = await testMachine();
  machine.mark("memory", "99.90%\n");
  machine.mark("ill/8678");
  await machine.run(scriptOf(single("a", "stable")));
  expect((await told(machine)).values).toEqual({ [up]: 0, [memory]: 99.9 });
  const [name = ""] = machine.running();
  machine.mark(`containers/${name}`, "x exited\n");
  expect((await told(machine)).values).toEqual({ [up]: 0 });
});

test("a single service whose preparation fails is reported as down", async () => {
  const machine = await testMachine();
  machine.mark("unreachable");
  machine.mark("ill/8678");
  expect(await machine.run(scriptOf(single("a", "stable")))).toMatchObject({ ok: false });
  expect((await told(machine)).values).toEqual({ [up]: 0 });
});

test("a candidate is not reported, and a release does not change the reports", async () => {
  const machine = await testMachine();
  machine.mark("memory", "12.50%\n");
  await machine.run(scriptOf(single("a", "stable"), single("b", "candidate")));
  const before = machine.read("etc/singles/health.sh");
  machine.mark("ill/18678");
  expect((await told(machine)).values).toEqual({ [up]: 1, [memory]: 12.5 });
  await machine.run(scriptOf(single("b", "stable")));
  expect(machine.read("etc/singles/health.sh")).toBe(before);
  expect((await told(machine)).values).toEqual({ [up]: 1, [memory]: 12.5 });
});

test("the machine's token is never an argument", async () => {
  const machine = await testMachine();
  machine.mark("memory", "12.50%\n");
  await machine.run(scriptOf(single("a", "stable")));
  await told(machine);
  const calls = machine.calls();
  expect(calls.filter((line) => line.startsWith("said"))).toHaveLength(2);
  expect(calls.filter((line) => !line.startsWith("said") && line.includes("token-of"))).toEqual([]);
});

describeWith(["systemd-analyze"], "systemd takes the units of the machine's health", {}, () => {
  test("both are valid, and the time is understood", ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), "units-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const paths = Object.entries(machineHealth("acme-prod", []))
      .filter(([path]) => path.startsWith("/etc/systemd/"))
      .map(([path, text]) => {
        const file = join(folder, basename(path));
        writeFileSync(file, text);
        return file;
      });
    expect(paths).toHaveLength(2);
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], { encoding: "utf8" });
    // what it warns of in the system's own units is none of ours
    expect({ status, ours: stderr.split("\n").filter((line) => line.includes("health.")) }).toEqual({
      status: 0,
      ours: [],
    });
  });
});
