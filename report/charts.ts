import { SLOW_MS } from "../ecosystem/latency.ts";
import { alphas } from "../promotion/evidence/test-window.ts";
import { LEAST, type Measure, MOST, type Point } from "./series.ts";
import { type Table, thin } from "./thin.ts";

type AxisUnit = "share" | "per-second" | "percent" | "ms" | "times";
type LineStyle = {
  label: string;
  colour: "stable" | "candidate" | "probe" | "limit";
  style: "line" | "faint" | "dashed" | "stepped" | "stepped-dashed" | "area" | "edge";
};
type Line = LineStyle & { of: Measure | number };
/** A logarithmic scale spans the whole powers of ten around the values, within `log`. */
type Scale = "shares" | "from-zero" | { log: [lowest: number, highest: number] };
type ChartDescription = { title: string; about: string; unit: AxisUnit; scale: Scale; lines: Line[] };

/** A chart as the page draws it: one column per line, `x` in seconds since the promotion began; null `ticks` leaves them to the page. */
export type Chart = Table & {
  title: string;
  about: string;
  unit: AxisUnit;
  log: boolean;
  range: [number, number];
  ticks: number[] | null;
  lines: LineStyle[];
};

/** A chart cannot show more points than this. */
const POINTS = 2000;

const descriptions: ChartDescription[] = [
  {
    title: "Share of new sessions",
    about: "The share in force, and the desired share (dashed). ▲ promote, ■ hold, ▼ roll back.",
    unit: "share",
    scale: "shares",
    lines: [
      { of: "share", label: "in force", colour: "candidate", style: "stepped" },
      { of: "wanted", label: "desired", colour: "limit", style: "stepped-dashed" },
    ],
  },
  {
    title: "Requests per second",
    about: "Users' requests by revision, and the probes per revision.",
    unit: "per-second",
    scale: "from-zero",
    lines: [
      { of: "stableUsers", label: "stable", colour: "stable", style: "line" },
      { of: "candidateUsers", label: "candidate", colour: "candidate", style: "line" },
      { of: "probes", label: "probes", colour: "probe", style: "dashed" },
    ],
  },
  {
    title: "Failed and refused requests per second",
    about:
      "Users' requests only, by revision. Refused (dashed): a 3xx or 4xx, a forgotten session or a JSON-RPC error from the server.",
    unit: "per-second",
    scale: "from-zero",
    lines: [
      { of: "stableFailures", label: "stable", colour: "stable", style: "area" },
      { of: "candidateFailures", label: "candidate", colour: "candidate", style: "area" },
      { of: "stableRefused", label: "stable refused", colour: "stable", style: "dashed" },
      { of: "candidateRefused", label: "candidate refused", colour: "candidate", style: "dashed" },
    ],
  },
  {
    title: "Failure rate of the step",
    about:
      "Users' requests only, since the shift to this share. The band contains the candidate's true rate at every moment with 95 % confidence. Dashed: the maximum error rate to certify.",
    unit: "percent",
    scale: { log: [0.001, 100] },
    lines: [
      { of: "upper", label: "at most", colour: "candidate", style: "edge" },
      { of: "lower", label: "at least", colour: "candidate", style: "edge" },
      { of: "stableRate", label: "stable", colour: "stable", style: "line" },
      { of: "candidateRate", label: "candidate", colour: "candidate", style: "line" },
      { of: "bound", label: "maximum", colour: "limit", style: "stepped-dashed" },
    ],
  },
  {
    title: "Latency of users' requests",
    about: `Median (faint) and 95th percentile over ten seconds, from histogram buckets. Dashed: the p95 objective, ${SLOW_MS / 1000} s.`,
    unit: "ms",
    scale: { log: [1, 100_000] },
    lines: [
      { of: "stableP50", label: "stable p50", colour: "stable", style: "faint" },
      { of: "stableP95", label: "stable p95", colour: "stable", style: "line" },
      { of: "candidateP50", label: "candidate p50", colour: "candidate", style: "faint" },
      { of: "candidateP95", label: "candidate p95", colour: "candidate", style: "line" },
      { of: SLOW_MS, label: "objective", colour: "limit", style: "dashed" },
    ],
  },
  {
    title: "Evidence for the candidate",
    about: `The e-value for "its failure rate is below the step's maximum", restarted with each step. At ${1 / alphas.certificate} (dashed) the rate is certified with 95 % confidence.`,
    unit: "times",
    scale: { log: [LEAST, MOST] },
    lines: [
      { of: "certificate", label: "e-value", colour: "candidate", style: "line" },
      { of: 1 / alphas.certificate, label: "certifies at", colour: "limit", style: "dashed" },
    ],
  },
  {
    title: "Evidence against the candidate",
    about:
      "The strongest of the tests against it (errors, refusals, latency, tool errors, the bake's change detector), relative to its threshold. At 1 (dashed) or more it convicts, once three polls have seen what it is about.",
    unit: "times",
    scale: { log: [LEAST, MOST] },
    lines: [
      { of: "charge", label: "strength", colour: "candidate", style: "line" },
      { of: 1, label: "convicts from", colour: "limit", style: "dashed" },
    ],
  },
];

/** The charts of these points, without those that have no data. */
export const charts = (points: readonly Point[]): Chart[] =>
  descriptions.flatMap((description) => {
    const table = thin(tableOf(points, description.lines), POINTS);
    return table.x.length > 0 ? [chart(description, table)] : [];
  });

/** The rows in which any line has a value, and those that interrupt all lines. */
function tableOf(points: readonly Point[], lines: readonly Line[]): Table {
  const measures = lines.flatMap(({ of }) => (typeof of === "number" ? [] : [of]));
  const hasValue = (point: Point) => measures.some((measure) => point[measure] !== undefined);
  const rows = points.filter((point) => point.unseen || hasValue(point));
  if (!rows.some((point) => measures.some((measure) => (point[measure] ?? null) !== null)))
    return { x: [], columns: [] };
  return {
    x: rows.map(({ x }) => x),
    columns: lines.map(({ of }) => rows.map((point) => (typeof of === "number" ? of : (point[of] ?? null)))),
  };
}

function chart({ title, about, unit, scale, lines }: ChartDescription, { x, columns }: Table): Chart {
  const log = typeof scale === "object";
  const range = log ? decades(columns, scale.log) : ([0, Math.max(1, highest(columns)) * 1.08] as [number, number]);
  return {
    title,
    about,
    unit,
    log,
    range: scale === "shares" ? [0, 108] : range,
    ticks: scale === "shares" ? sharesIn(columns) : log ? powers(range) : null,
    lines: lines.map(({ label, colour, style }) => ({ label, colour, style })),
    x: x.map((seconds) => Number(seconds.toFixed(3))),
    columns: columns.map((column) => column.map((value) => value && Number(value.toPrecision(4)))),
  };
}

/** The shares as ticks, without those too close to the one below to be readable. */
function sharesIn(columns: Table["columns"]): number[] {
  const shares = [...new Set([0, 100, ...columns.flat().map((value) => value ?? 0)])].sort((a, b) => a - b);
  return shares.filter((share, i) => i === 0 || share - (shares[i - 1] as number) >= 8);
}

/** The whole powers of ten that enclose every value within the allowed range. */
function decades(columns: Table["columns"], [lowest, top]: [number, number]): [number, number] {
  const logs = columns.flat().flatMap((value) => (value ? [Math.log10(Math.min(top, Math.max(lowest, value)))] : []));
  const [from, to] = [Math.floor(least(logs) + 1e-9), Math.ceil(most(logs) - 1e-9)];
  return [10 ** from, 10 ** Math.max(to, from + 1)];
}

function powers([from, to]: [number, number]): number[] {
  const [first, last] = [Math.round(Math.log10(from)), Math.round(Math.log10(to))];
  const every = Math.ceil((last - first) / 5);
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => 10 ** (first + i * every));
}

const highest = (columns: Table["columns"]): number => most(columns.flat().map((value) => value ?? 0));
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
