import type { Milliseconds } from "../../../ecosystem/units.ts";
import { ENVOY_BOUNDS_MS, LATENCY, REQUESTS, STATS_PREFIX } from "../../../edge/counters.ts";
import { CALLERS, judge } from "../../../edge/outcomes.ts";
import type { EdgeSettings } from "../../../edge/settings.ts";
import { addCounts, type Counts, noCounts, type RevisionCounts, type ServiceCounts } from "../../counts.ts";
import type { MetricsSource, Observation } from "../../metrics-source.ts";
import type { Admin } from "./admin.ts";
import { startOfLife } from "./readback.ts";
import { readSamples } from "./samples.ts";

/** Timeout of one poll, in milliseconds; three is typical. */
const PATIENCE_MS: Milliseconds = 900;

/**
 * The counts of the Envoy edge, read from its admin interface. Envoy's start time is read before and after the counters, so
 * that counts from before and after a restart are never mixed.
 */
export function edgeMetrics({ settings, admin }: { settings: EdgeSettings; admin: Admin }): MetricsSource {
  return {
    async poll(): Promise<Observation> {
      try {
        const signal = AbortSignal.timeout(PATIENCE_MS);
        const since = await startOfLife(admin, signal);
        const text = await admin.get(`/stats/prometheus?filter=%5E${STATS_PREFIX}%5C.`, signal);
        if ((await startOfLife(admin, signal)) !== since)
          throw new Error("Envoy restarted while its counters were being read");
        return { silent: false, since, services: countsOf(text, settings) };
      } catch (error) {
        return { silent: true, why: (error as Error).message };
      }
    },
    samples: () => readSamples(settings),
  };
}

/**
 * Parses Envoy's counters (Prometheus text format) into counts by service and role. Every finished POST to a revision in the
 * settings has one outcome from `edge/outcomes.ts`; neutral outcomes and series of other revisions are left out.
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
    const source = CALLERS[labels.route ?? ""];
    if (!revision || !source) continue;
    if (name === `envoy_${STATS_PREFIX}_${REQUESTS}`) count(revision, source, labels, value);
    if (name === `envoy_${STATS_PREFIX}_${LATENCY}_bucket` && source === "user")
      addUpTo(revision.latency, labels.le, value);
  }
  for (const revision of revisions.values()) revision.latency = byBucket(revision.latency);
  return services;
}

type Labels = Record<string, string | undefined>;

function count(revision: Required<RevisionCounts>, source: "user" | "probe", labels: Labels, value: number) {
  const { outcome, kind, remark } = judge(labels);
  if (outcome === "neutral") return;
  const counts: Counts = {
    requests: value,
    failures: outcome === "failed" ? value : 0,
    slow: outcome === "slow" ? value : 0,
    refused: outcome === "refused" ? value : 0,
    toolErrors: remark === "tool error" ? value : 0,
    unread: remark === "unread" ? value : 0,
  };
  revision[source] = addCounts(revision[source], counts);
  if (source === "probe") return;
  const client = labels.client || "0";
  revision.clients[client] = addCounts(revision.clients[client] ?? noCounts, counts);
  for (const bad of [...(outcome === "good" ? [] : [kind]), ...(remark ? [remark] : [])])
    revision.kinds[bad] = (revision.kinds[bad] ?? 0) + value;
}

const nothing = (): Required<RevisionCounts> => ({
  user: noCounts,
  probe: noCounts,
  latency: Array.from({ length: ENVOY_BOUNDS_MS.length + 1 }, () => 0),
  clients: {},
  kinds: {},
});

function addUpTo(latency: number[], bound: string | undefined, value: number) {
  const index = bound === "+Inf" ? ENVOY_BOUNDS_MS.length : ENVOY_BOUNDS_MS.indexOf(Number(bound));
  if (index >= 0) latency[index] = (latency[index] ?? 0) + value;
}

/** Prometheus buckets are cumulative; ours begin at the previous bound. */
const byBucket = (upTo: number[]) => upTo.map((value, index) => value - (upTo[index - 1] ?? 0));

/** Parses the subset of the Prometheus text format that Envoy writes. */
function* series(text: string) {
  for (const [, name = "", rest = "", value] of text.matchAll(/^(\w+)\{(.*)\} (\d+)$/gm)) {
    const labels: Labels = {};
    for (const [, label = "", quoted] of rest.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[label] = quoted;
    yield { name, labels, value: Number(value) };
  }
}
