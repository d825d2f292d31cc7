// Runs in the report's page, after uPlot: draws the charts from the data in the page, and again when its size or theme changes.
const { document, uPlot, getComputedStyle, matchMedia, addEventListener, ResizeObserver } = /** @type {any} */ (
  globalThis
);

/**
 * @typedef {import("./charts.ts").Chart} Chart
 * @typedef {import("uplot")} Plot
 */

/** @type {import("./drawing.ts").Drawing} */
const drawing = JSON.parse(document.getElementById("drawing").textContent);
const page = document.documentElement;
const places = [...document.querySelectorAll(".chart")];
/** @type {Plot[]} */
let plots = [];
let width = 0;

/** Tick distances of the time axis, in seconds. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];
/** The mark and colour of each verdict that changed or held the traffic. */
const MARKS = { promote: ["▲", "good"], hold: ["■", "warn"], "roll-back": ["▼", "bad"] };

draw();
if (places.length > 0) new ResizeObserver(() => places[0].clientWidth !== width && draw()).observe(places[0]);
for (const place of places) place.addEventListener("dblclick", showAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("beforeprint", () => drawOn("paper"));
addEventListener("afterprint", () => drawOn("screen"));

function draw() {
  for (const plot of plots) plot.destroy();
  width = places[0]?.clientWidth ?? 0;
  plots = drawing.charts.map((chart, i) => new uPlot(options(chart), [chart.x, ...chart.columns], places[i]));
  showAll();
}

/** @param {"paper" | "screen"} medium */
function drawOn(medium) {
  page.classList.toggle("paper", medium === "paper");
  draw();
}

/** @param {Chart} chart @returns {import("uplot").Options} */
function options(chart) {
  const { ticks, unit, log, range } = chart;
  const axis = { stroke: colour("muted"), font: "11px system-ui, sans-serif", ticks: { show: false } };
  return {
    width,
    height: 190,
    padding: [8, 12, 0, 0],
    scales: {
      x: { time: false, range: (_, from, to) => [from, to] },
      y: { distr: log ? 3 : 1, range, clamp: range[0] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 64, incrs: TIME_STEPS, values: (_, all) => all.map(clock) },
      {
        ...axis,
        grid: { stroke: colour("grid"), width: 1 },
        size: 62,
        space: 26,
        values: (_, all) => all.map(inUnit[unit]),
        ...(ticks && { splits: ticks, filter: () => ticks }),
      },
    ],
    series: [
      { label: "at", value: (_, x) => (x === null ? "" : clock(x)) },
      ...chart.lines.map((line) => series(line, chart)),
    ],
    bands: bands(chart),
    cursor: {
      y: false,
      points: { size: 6 },
      sync: { key: "time", scales: ["x", null] },
      bind: { dblclick: () => null },
    },
    hooks: {
      ready: [(plot) => showLast(plot, chart)],
      drawClear: [shade],
      draw: unit === "share" ? [mark] : [],
      setCursor: [(plot) => (plot.cursor.left ?? -1) < 0 && showLast(plot, chart)],
    },
  };
}

/** @param {Chart["lines"][number]} line @param {Chart} chart @returns {import("uplot").Series} */
function series({ label, colour: name, style }, { unit, x }) {
  // with few polls, dots make each one visible, even between two gaps
  const dots = x.length <= 40 && (style === "line" || style === "faint" || style === "area");
  return {
    label,
    stroke: colour(style === "edge" ? `${name}-fill` : name),
    width: style === "edge" ? 0 : style === "stepped" || style === "line" ? 1.75 : 1.25,
    alpha: style === "faint" ? 0.5 : 1,
    points: { show: dots, size: 4, fill: colour(name) },
    value: (_, value) => (value === null ? "–" : inUnit[unit](value)),
    ...(style.startsWith("stepped") && { paths: uPlot.paths.stepped({ align: 1 }) }),
    ...(style.endsWith("dashed") && { dash: [5, 4] }),
    ...(style === "area" && { fill: colour(`${name}-fill`) }),
  };
}

/** The band between two edges, the upper one first. @param {Chart} chart @returns {import("uplot").Band[]} */
function bands({ lines }) {
  const [upper, lower] = lines.flatMap(({ style }, i) => (style === "edge" ? [i + 1] : []));
  return upper && lower ? [{ series: [upper, lower], fill: colour("candidate-fill") }] : [];
}

/** Holds as a tint behind everything, shifts as thin lines. @param {Plot} plot */
function shade(plot) {
  const { left, top, width, height } = plot.bbox;
  /** @param {number} x */
  const inside = (x) => Math.min(left + width, Math.max(left, plot.valToPos(x, "x", true)));
  plot.ctx.fillStyle = colour("hold-fill");
  for (const [from, to] of drawing.holds)
    plot.ctx.fillRect(inside(from), top, Math.max(2, inside(to) - inside(from)), height);
  plot.ctx.fillStyle = colour("shift");
  for (const x of drawing.shifts) plot.ctx.fillRect(inside(x), top, 1, height);
}

/** The verdicts that changed or held the traffic. @param {Plot} plot */
function mark(plot) {
  const { ctx, scales } = plot;
  ctx.font = `${11 * uPlot.pxRatio}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const { x, share, kind } of drawing.marks) {
    if (x < (scales.x?.min ?? 0) || x > (scales.x?.max ?? 0)) continue;
    const [sign = "", name = ""] = MARKS[kind];
    ctx.fillStyle = colour(name);
    ctx.fillText(sign, plot.valToPos(x, "x", true), plot.valToPos(share, "y", true));
  }
}

/** Resets the zoom of all charts. */
function showAll() {
  for (const plot of plots) plot.setScale("x", { min: 0, max: drawing.end });
}

/** Without a cursor the legend shows the last values. @param {Plot} plot @param {Chart} chart */
function showLast(plot, { x, lines, columns }) {
  const seen = columns.filter((_, i) => lines[i]?.colour !== "limit");
  const idx = x.findLastIndex((_, row) => seen.some((column) => column[row] !== null));
  plot.setLegend({ idx }, false);
}

/** @type {Record<Chart["unit"], (value: number) => string>} */
const inUnit = {
  share: (value) => `${value} %`,
  "per-second": (value) => short(value),
  percent: (value) => `${short(value)} %`,
  ms: (value) => (value < 1000 ? `${short(value)} ms` : `${short(value / 1000)} s`),
  times: short,
};

/** Three digits, or a power of ten for very large and small numbers. @param {number} value */
function short(value) {
  if (value !== 0 && (value < 1e-3 || value >= 1e5)) {
    const power = Math.floor(Math.log10(value) + 1e-9);
    const digits = Number((value / 10 ** power).toPrecision(2));
    return `${digits === 1 ? "" : `${digits}·`}10${String(power).replace(/./g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(digit)] ?? "")}`;
  }
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

/** @param {number} seconds */
function clock(seconds) {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${parts.join(":")}` : parts.join(":").replace(/^0/, "");
}

/** @param {string} name */
function colour(name) {
  return getComputedStyle(page).getPropertyValue(`--${name}`).trim();
}
