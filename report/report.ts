import type { Begun, Event } from "../promotion/events.ts";
import { chronicle } from "./chronicle.ts";
import { drawing } from "./drawing.ts";
import type { Extras } from "./extras.ts";
import { failed } from "./failed.ts";
import { headline } from "./headline.ts";
import { page } from "./page.ts";
import { sections } from "./sections.ts";
import { readSeries } from "./series.ts";

/**
 * The report of a promotion as one HTML page that opens offline: the outcome and why, the steps, what failed, charts over time, and a timeline.
 * Everything but `extras` is recomputed from the journal's events. A journal without an outcome gives a partial report.
 */
export function renderReport({ events, extras }: { events: readonly [Begun, ...Event[]]; extras: Extras }): string {
  const story = chronicle(events);
  const data = drawing(readSeries(events), story);
  const title = `${headline(story, extras.warnings).word}: ${extras.title}`;
  return page({ title, sections: sections(extras, story, failed(events), data.charts), data });
}
