import { ENVOY_BOUNDS_MS, LATENCY, REQUESTS, STATS_PREFIX } from "../../../edge/counters.ts";
import { FLAGS } from "../../../edge/flags.ts";
import { ROUTES } from "../../../edge/routes.ts";
import type { EdgeSettings } from "../../../edge/settings.ts";
import { type Counts, noCounts, type RevisionCounts, type ServiceCounts } from "../../counts.ts";
import type { MetricsSource, Observation } from "../../metrics-source.ts";
import type { Admin } from "./admin.ts";
import { startOfLife } from "./readback.ts";

/** How long one poll may take, in milliseconds; it is usually done in three. */
const PATIENCE_MS = 900;

/**
 * The counts of the Envoy edge, read from its admin interface. Envoy's start is the name of its life, asked before and
 * after the counters, so that counts of two lives are never taken for one.
 */
export function edgeMetrics({ settings, admin }: { settings: EdgeSettings; admin: Admin }): MetricsSource {
  return {
    async poll(): Promise<Observation> {
      try {
        const signal = AbortSignal.timeout(PATIENCE_MS);
        const since = await startOfLife(admin, signal);
        const text = await admin.get(`/stats/prometheus?filter=%5E${STATS_PREFIX}%5C.`, signal);
        if ((await startOfLife(admin, signal)) !== since)
          throw new Error("Envoy started anew while its counters were read");
        return { silent: false, since, services: countsOf(text, settings) };
      } catch (error) {
        return { silent: true, why: (error as Error).message };
      }
    },
  };
}

/**
 * The counts in Envoy's own text of them (Prometheus format), by service and role. Every finished POST to a revision of
 * the settings is in exactly one of: good, failed, or left out because it says nothing about the revision. Series of
 * revisions that the settings do not name are left out too.
 */
export function countsOf(text: string, settings: EdgeSettings): Record<string, ServiceCounts> {
  const services: Record<string, ServiceCounts> = {};
  const revisions = new Map<string, Required<RevisionCounts>>();
  for (const { name, stable, candidate } of settings.services) {
    const counts = { stable: nothing(), candidate: nothing() };
    services[name] = counts;
    revisions.set(stable.id, counts.stable);
    if (candidate) revisions.set(candidate.id, counts.candidate);
  }
  for (const { name, labels, value } of series(text)) {
    const revision = revisions.get(labels.revision ?? "");
    const source = SOURCES[labels.route ?? ""];
    if (!revision || !source) continue;
    if (name === `envoy_${STATS_PREFIX}_${REQUESTS}`) count(revision[source], labels, value);
    if (name === `envoy_${STATS_PREFIX}_${LATENCY}_bucket` && source === "user")
      addUpTo(revision.latency, labels.le, value);
  }
  for (const revision of revisions.values()) revision.latency = byBucket(revision.latency);
  return services;
}

/** Who sends the requests of a route; the routes that answer by themselves are nobody's. */
const SOURCES: Record<string, "user" | "probe"> = {
  [ROUTES.new]: "user",
  [ROUTES.session]: "user",
  [ROUTES.probe]: "probe",
  [ROUTES.probeSession]: "probe",
};

/** The routes of calls that belong to a session. */
const WITH_SESSION: unknown[] = [ROUTES.session, ROUTES.probeSession];

type Labels = Record<string, string | undefined>;

function count(counts: Counts, labels: Labels, value: number) {
  const verdict = judge(labels);
  if (verdict === "neutral") return;
  counts.requests += value;
  if (verdict === "failed") {
    counts.failures += value;
    return;
  }
  if (labels.slow === "true") counts.slow += value;
  if (!labels.code?.startsWith("2")) return;
  if (labels.tool_error === "true") counts.toolErrors += value;
  if (labels.rpc_error === "true") counts.rpcErrors += value;
}

function judge({ code = "", flags = "", route, slow }: Labels): "good" | "failed" | "neutral" {
  const marked = (those: readonly string[]) => flags.split(",").some((flag) => those.includes(flag));
  if (Number(code) >= 500 || marked(FLAGS.failure)) return "failed";
  // who leaves at once says nothing; who waited past the latency bound first was made to, or a server that hangs would never be seen
  if (marked(FLAGS.left)) return slow === "true" ? "good" : "neutral";
  if (marked(FLAGS.neutral)) return "neutral";
  if (code === "413" || code === "401") return "neutral"; // too large for the edge, or without a valid token
  if (code === "404" && WITH_SESSION.includes(route)) return "neutral"; // the session had expired
  return "good";
}

const nothing = () => ({
  user: { ...noCounts },
  probe: { ...noCounts },
  latency: Array.from({ length: ENVOY_BOUNDS_MS.length + 1 }, () => 0),
});

function addUpTo(latency: number[], bound: string | undefined, value: number) {
  const index = bound === "+Inf" ? ENVOY_BOUNDS_MS.length : ENVOY_BOUNDS_MS.indexOf(Number(bound));
  if (index >= 0) latency[index] = (latency[index] ?? 0) + value;
}

/** Prometheus counts each bucket from zero up to its bound; ours begin at the bound before. */
const byBucket = (upTo: number[]) => upTo.map((value, index) => value - (upTo[index - 1] ?? 0));

/** The series of a text in Prometheus format, as far as Envoy writes it. */
function* series(text: string) {
  for (const [, name = "", rest = "", value] of text.matchAll(/^(\w+)\{(.*)\} (\d+)$/gm)) {
    const labels: Labels = {};
    for (const [, label = "", quoted] of rest.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[label] = quoted;
    yield { name, labels, value: Number(value) };
  }
}
