import type { Percent } from "../ecosystem/units.ts";
import { type Chart, charts } from "./charts.ts";
import type { Chronicle } from "./chronicle.ts";
import type { Point } from "./series.ts";

/** A verdict that changed or held the traffic, at its share. */
export type Mark = { x: number; share: Percent; kind: "promote" | "hold" | "roll-back" };

/** Everything that the page's script draws; times in seconds since the promotion began. */
export type Drawing = {
  end: number;
  charts: Chart[];
  holds: [from: number, to: number][];
  shifts: number[];
  marks: Mark[];
};

/** The drawing of a promotion. Marks too close together to tell apart are left out. */
export function drawing(points: readonly Point[], { state, entries, holds, end }: Chronicle): Drawing {
  const seconds = (at: number) => (at - state.begun.at) / 1000;
  const duration = Math.max(1, seconds(end));
  return {
    end: duration,
    charts: charts(points),
    holds: merged(
      holds.map(([from, to]) => [seconds(from), seconds(to)]),
      duration / 1000,
    ),
    shifts: entries.filter(({ what }) => what === "in-force").map(({ at }) => seconds(at)),
    marks: apart(
      entries.flatMap(({ at, share, what }) =>
        what === "promote" || what === "hold" || what === "roll-back" ? [{ x: seconds(at), share, kind: what }] : [],
      ),
      duration / 300,
    ),
  };
}

function merged(spans: readonly [number, number][], nearer: number): [number, number][] {
  const result: [number, number][] = [];
  for (const [from, to] of spans) {
    const last = result.at(-1);
    if (last && from - last[1] < nearer) last[1] = to;
    else result.push([from, to]);
  }
  return result;
}

function apart(marks: readonly Mark[], distance: number): Mark[] {
  const last: { [kind in Mark["kind"]]?: number } = {};
  return marks.filter(({ x, kind }) => {
    const far = x - (last[kind] ?? Number.NEGATIVE_INFINITY) >= distance;
    if (far) last[kind] = x;
    return far;
  });
}
