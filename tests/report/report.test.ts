import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Begun, Event } from "../../promotion/events.ts";
import { plans } from "../../promotion/plan.ts";
import type { Drawing } from "../../report/drawing.ts";
import { renderReport } from "../../report/report.ts";
import { extras, journalOf, scripts } from "./fixtures.ts";

const drawingIn = (page: string): Drawing =>
  JSON.parse(page.match(/<script type="application\/json" id="drawing">(.*?)<\/script>/s)?.[1] as string);

test("thousands of polls become a page of under three megabytes, with at most 2,000 points a chart", async () => {
  const plan = { ...plans.rehearsal, bake: [{ for: 5000, poll: 1 }] };
  const events = await journalOf({ plan, silent: (second) => second % 1000 > 960 });
  expect(events.length).toBeGreaterThan(5000);
  const page = renderReport({ events, extras });
  expect(page.length).toBeLessThan(3e6);
  const { charts, holds } = drawingIn(page);
  expect(charts).toHaveLength(7);
  for (const { title, x, columns } of charts) {
    expect(x.length, title).toBeLessThanOrEqual(2000);
    expect(columns.map(({ length }) => length)).toEqual(columns.map(() => x.length));
  }
  expect(holds.length).toBeGreaterThan(4);
});

test("every chart has room for what it shows", async () => {
  for (const script of Object.values(scripts)) {
    for (const { title, log, range, ticks, columns } of drawingIn(
      renderReport({ events: await journalOf(script), extras }),
    ).charts) {
      const [from, to] = range;
      expect(to, title).toBeGreaterThan(from);
      if (log) for (const end of range) expect(Math.log10(end) % 1, `${title}: ${end}`).toBeCloseTo(0, 9);
      else expect(Math.max(...columns.flat().map((value) => value ?? 0)), title).toBeLessThanOrEqual(to);
      for (const tick of ticks ?? []) expect(tick >= from && tick <= to * 1.0001, `${title}: ${tick}`).toBe(true);
    }
  }
});

test("where nothing failed, the failures' chart is not a magnified nothing", async () => {
  const page = renderReport({ events: await journalOf({ errorRate: () => 0 }), extras });
  expect(
    drawingIn(page).charts.find(({ title }) => title === "Failed and refused requests per second")?.range[1],
  ).toBeGreaterThanOrEqual(1);
});

test("a candidate without users has no charts for them", async () => {
  const page = renderReport({ events: await journalOf(scripts.lifeless), extras });
  expect(drawingIn(page).charts.map(({ title }) => title)).toEqual(["Share of new sessions"]);
  expect(page).toContain("The candidate never received traffic.");
});

test("what failed is said by kind and in samples, and users' counts are never beside probes'", async () => {
  const events = await journalOf(scripts.failing);
  const page = renderReport({ events, extras });
  const text = page.replace(/<style>.*?<\/style>|<script.*?<\/script>/gs, "").replace(/<[^>]+>/g, " ");
  expect(text).toMatch(/the candidate fails more than [^:]*: 503 from the server, \d+ of \d+ requests/);
  expect(text).toMatch(/What failed\s+kind/);
  expect(text).toContain("everything (candidate)");
  expect(page.match(/<tr>.*?<\/tr>/gs)?.filter((row) => /probes/.test(row) && /candidate/.test(row))).toEqual([]);
  expect(drawingIn(page).charts.find(({ title }) => title === "Failure rate of the step")?.about).toContain(
    "Users' requests only",
  );
});

test("where nothing failed, nothing is said of it", async () => {
  const page = renderReport({ events: await journalOf({ errorRate: () => 0, kind: "never" }), extras });
  expect(page).not.toContain("What failed");
});

test("a promoted candidate that lost sessions is promoted with warnings", async () => {
  const warnings = ["the candidate lost 14 of 200 sessions"];
  const page = renderReport({ events: await journalOf(scripts.healthy), extras: { ...extras, warnings } });
  expect(page).toContain("<h1>Promoted with warnings</h1>");
  expect(page).toContain(warnings[0]);
});

test("nothing that came from outside is HTML, and only the page's own two scripts may run", async () => {
  const hostile = `</script><script>alert(1)</script><img src="x" onerror='alert(1)'>`;
  const [begun, ...events] = await journalOf(scripts.dead);
  const page = renderReport({
    events: [
      {
        ...begun,
        id: hostile,
        plan: { ...begun.plan, name: hostile },
        revisions: [{ service: hostile, stable: hostile, candidate: `2${hostile}` }],
      },
      ...events.map(
        (event): Event =>
          event.event === "judged" ? { ...event, verdict: { ...event.verdict, reason: hostile } } : event,
      ),
    ] as [Begun, ...Event[]],
    extras: { ...extras, title: hostile, workload: hostile, fault: hostile },
  });
  expect(page).not.toContain("<img");
  expect(page).not.toContain("<script>alert");
  const scriptTexts = [...page.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(([, text]) => text as string);
  expect(scriptTexts).toHaveLength(3); // the data and two scripts
  const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)?.[1]?.replaceAll("&#39;", "'");
  for (const text of scriptTexts.slice(1)) {
    expect(policy).toContain(`'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  }
  expect(policy).toMatch(/^default-src 'none'/);
});
