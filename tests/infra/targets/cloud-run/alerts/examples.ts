import type { CloudAlertName } from "../../../../../infra/targets/cloud-run/alerts/conditions.ts";
import { type Case, type Cases, sampleOf } from "../../../alerts/fixtures.ts";

const sample = sampleOf<"cloud-run">();
const run = { monitored_resource: "cloud_run_revision", service_name: "akosha", revision_name: "akosha-0123456789" };
const uptime = { monitored_resource: "uptime_url", check_id: "akosha-1", host: "akosha.mcp.acme.dev" };

/** The project that the cases are about. */
export const project = {
  stores: [
    { store: "akosha-database", resource: "cloud_run_job" },
    { store: "session-buddy", resource: "gce_instance" },
  ],
  stateless: true,
  singletons: ["session-buddy"],
} as const;

const requests = (code: string, values: string) =>
  sample(
    "run_googleapis_com:request_count",
    { ...run, response_code: code, response_code_class: `${code[0]}xx` },
    values,
  );
const akosha = [{ service_name: "akosha" }];

const burn = (every: Case["every"], at: string, steps: number, over: number, under: number) => ({
  fires: [
    {
      title: `${over} of 10000 requests fail, whatever strangers ask for`,
      given: [
        requests("200", `0+${10_000 - over}x${steps}`),
        requests("503", `0+${over}x${steps}`),
        requests("403", `0+90000x${steps}`),
      ],
      ...{ every, at, firing: akosha },
    },
  ] as [Case, ...Case[]],
  silent: [
    {
      title: `${under} of 10000 requests fail`,
      given: [requests("200", `0+${10_000 - under}x${steps}`), requests("503", `0+${under}x${steps}`)],
      ...{ every, at, firing: [] },
    },
    { title: "nobody calls", given: [requests("503", `7x${steps}`)], ...{ every, at, firing: [] } },
  ] as [Case, ...Case[]],
});

const check = (location: string, values: string) =>
  sample("monitoring_googleapis_com:uptime_check_check_passed", { ...uptime, checker_location: location }, values);
const latencies = (quick: string, all: string) =>
  Object.entries({ 512: quick, 1024: quick, 2048: all, "+Inf": all }).map(([le, values]) =>
    sample("run_googleapis_com:request_latencies_bucket", { ...run, response_code_class: "2xx", le }, values),
  );
const memory = (low: string, all: string) =>
  Object.entries({ 0.75: low, 0.9: all, "+Inf": all }).map(([le, values]) =>
    sample("run_googleapis_com:container_memory_utilizations_bucket", { ...run, le }, values),
  );
const instances = sample("run_googleapis_com:container_instance_count", { ...run, state: "active" }, "1x90");
const machine = { monitored_resource: "gce_instance", instance_id: "7" };
const guest = { ...machine, device_name: "data" };
const disk = (free: string, used: string) => [
  sample("compute_googleapis_com:guest_disk_bytes_used", { ...guest, state: "free" }, free),
  sample("compute_googleapis_com:guest_disk_bytes_used", { ...guest, state: "used" }, used),
];
/** What the machine tells of its single service. */
const single = (up: string) =>
  sample("custom_googleapis_com:mahavishnu_single_up", { ...machine, service: "session-buddy" }, up);
const singleMemory = (percent: string) =>
  sample("custom_googleapis_com:mahavishnu_single_memory_percent", { ...machine, service: "session-buddy" }, percent);
const database = (used: string) =>
  sample(
    "cloudsql_googleapis_com:database_disk_utilization",
    { monitored_resource: "cloudsql_database", database_id: "mahavishnu-prod" },
    used,
  );
const told = (store: string, resource: string, runs: string, successes: string) => [
  sample("logging_googleapis_com:user_mahavishnu_backup_success_count", { monitored_resource: resource, store }, runs),
  sample(
    "logging_googleapis_com:user_mahavishnu_backup_success_sum",
    { monitored_resource: resource, store },
    successes,
  ),
];
const akoshas = (runs: string, successes: string) => told("akosha-database", "cloud_run_job", runs, successes);
const volume = (runs: string, successes: string) => told("session-buddy", "gce_instance", runs, successes);

/** When each alert fires on Google Cloud, and when it does not; their PromQL is the same language. */
export const cloudRunCases: Cases<CloudAlertName> = {
  ErrorBudgetBurn14x: burn("1m", "75m", 80, 200, 100),
  ErrorBudgetBurn6x: burn("5m", "400m", 90, 100, 50),
  ErrorBudgetBurn3x: burn("30m", "30h", 70, 40, 20),
  ServiceDown: {
    fires: [
      {
        title: "it answers in one of three places",
        given: [check("eur", "1x2 0x10"), check("usa", "1x2 0x10"), check("apac", "1x12"), single("1x12")],
        ...{ every: "1m", at: "8m", firing: [{ host: uptime.host }] },
      },
      {
        title: "the single service has not answered for minutes",
        given: [check("eur", "1x12"), single("1x2 0x10")],
        ...{ every: "1m", at: "8m", firing: [{ host: "session-buddy" }] },
      },
      {
        title: "of the single service nothing is heard any more",
        given: [check("eur", "1x20"), single("1x2 _x18")],
        ...{ every: "1m", at: "10m", firing: [{ host: "session-buddy" }] },
      },
      {
        title: "of the single service nothing was ever heard",
        given: [check("eur", "1x20")],
        ...{ every: "1m", at: "8m", firing: [{ host: "session-buddy" }] },
      },
    ],
    silent: [
      {
        title: "it answers in two of three places",
        given: [check("eur", "1x12"), check("usa", "1x12"), check("apac", "0x12"), single("1x12")],
        ...{ every: "1m", at: "8m", firing: [] },
      },
      {
        title: "the single service is updated",
        given: [check("eur", "1x12"), single("1x3 0 0 1x6")],
        ...{ every: "1m", at: "6m", firing: [] },
      },
      {
        title: "the machine starts anew",
        given: [check("eur", "1x12"), single("1x3 _ _ _ 1x6")],
        ...{ every: "1m", at: "7m", firing: [] },
      },
    ],
  },
  LatencyHigh: {
    fires: [
      {
        title: "a tenth takes two seconds",
        given: latencies("0+90x30", "0+100x30"),
        every: "1m",
        at: "25m",
        firing: akosha,
      },
    ],
    silent: [
      {
        title: "a hundredth takes two seconds",
        given: latencies("0+99x30", "0+100x30"),
        every: "1m",
        at: "25m",
        firing: [],
      },
      {
        title: "two of three take two seconds, but nobody else calls",
        given: latencies("0+0.1x60", "0+0.3x60"),
        every: "1m",
        at: "50m",
        firing: [],
      },
      { title: "nobody calls", given: latencies("9x30", "10x30"), every: "1m", at: "25m", firing: [] },
    ],
  },
  ServiceRefusing: {
    fires: [
      {
        title: "after an hour of service it answers nothing but 421",
        given: [requests("200", "0+60x60 3600x20"), requests("421", "0x60 0+60x20")],
        ...{ every: "1m", at: "69m", firing: akosha },
      },
    ],
    silent: [
      {
        title: "it refuses most requests, as it always did",
        given: [requests("200", "0+6x80"), requests("403", "0+60x80")],
        ...{ every: "1m", at: "69m", firing: [] },
      },
      {
        title: "it has never served anybody",
        given: [requests("429", "0+60x80")],
        ...{ every: "1m", at: "69m", firing: [] },
      },
      {
        title: "nobody calls but who asks for what is not there",
        given: [requests("200", "0+60x60 3600x20"), requests("404", "0x60 0+60x20")],
        ...{ every: "1m", at: "69m", firing: [] },
      },
    ],
  },
  NoData: {
    fires: [
      {
        title: "only the machine tells",
        given: disk("50x30", "50x30"),
        ...{ every: "1m", at: "20m", firing: [{ exporter: "cloud-run" }, { exporter: "uptime-checks" }] },
      },
    ],
    silent: [
      {
        title: "all tell",
        given: [instances, check("eur", "0x30"), ...disk("50x30", "50x30")],
        ...{ every: "1m", at: "20m", firing: [] },
      },
    ],
  },
  MemoryHigh: {
    fires: [
      {
        title: "half of the instances are full",
        given: [...memory("0+5x30", "0+10x30"), singleMemory("75x30")],
        ...{ every: "1m", at: "20m", firing: akosha },
      },
      {
        title: "the single service uses 85 % of what it may",
        given: [...memory("0+10x30", "0+10x30"), singleMemory("85x30")],
        ...{ every: "1m", at: "20m", firing: [{ service_name: "session-buddy" }] },
      },
    ],
    silent: [
      {
        title: "all are below",
        given: [...memory("0+10x30", "0+10x30"), singleMemory("75x30")],
        ...{ every: "1m", at: "20m", firing: [] },
      },
    ],
  },
  DiskFull: {
    fires: [
      {
        title: "the database and the machine are full",
        given: [database("0.85x30"), ...disk("15x30", "85x30")],
        ...{ every: "1m", at: "20m", firing: [{ disk: "database" }, { disk: "machine" }] },
      },
    ],
    silent: [
      {
        title: "both have room",
        given: [database("0.75x30"), ...disk("25x30", "75x30")],
        ...{ every: "1m", at: "20m", firing: [] },
      },
    ],
  },
  CertificateExpiry: {
    fires: [
      {
        title: "13 days are left",
        given: [sample("monitoring_googleapis_com:uptime_check_time_until_ssl_cert_expires", { ...uptime }, "13x90")],
        ...{ every: "1m", at: "80m", firing: [{ host: uptime.host }] },
      },
    ],
    silent: [
      {
        title: "15 days are left",
        given: [sample("monitoring_googleapis_com:uptime_check_time_until_ssl_cert_expires", { ...uptime }, "15x90")],
        ...{ every: "1m", at: "80m", firing: [] },
      },
    ],
  },
  BackupFailed: {
    fires: [
      {
        title: "today's run failed, while the volume's succeeded",
        given: [...akoshas("0x10 1x100", "0x110"), ...volume("0x10 1x100", "0x10 1x100")],
        ...{ every: "1m", at: "80m", firing: [{ store: "akosha-database" }] },
      },
    ],
    silent: [
      {
        title: "the second run succeeded",
        given: akoshas("0x10 1x20 2x80", "0x30 1x80"),
        ...{ every: "1m", at: "80m", firing: [] },
      },
    ],
  },
  BackupOld: {
    fires: [
      {
        title: "one fails, of the other nothing is heard",
        given: akoshas("0+0.04x60", "0x60"),
        ...{ every: "30m", at: "28h", firing: [{ store: "akosha-database" }, { store: "session-buddy" }] },
      },
    ],
    silent: [
      {
        title: "both succeed each day",
        given: [...akoshas("0x2 1x47 2x40", "0x2 1x47 2x40"), ...volume("0x2 1x47 2x40", "0x2 1x47 2x40")],
        ...{ every: "30m", at: "40h", firing: [] },
      },
    ],
  },
};
