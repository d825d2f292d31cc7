import type { Target } from "../../ecosystem/targets.ts";
import type { Catalogue, Series } from "./catalogue.ts";

declare const LABELS: unique symbol;
declare const TYPE: unique symbol;

/** A PromQL expression; `loose` means it needs parentheses inside another one. */
export type Expression = { readonly text: string; readonly loose?: true };

/** An expression whose samples have these labels, known to the compiler only. */
export type Vector<Label extends string> = Expression & {
  // a function type makes the labels invariant: two vectors match only with the same labels
  readonly [LABELS]?: (label: Label) => Label;
};

/** Series of the catalogue, selected by label: the start of every expression. */
export type Selector<Label extends string, Type extends Series["type"]> = Vector<Label> & { readonly [TYPE]: Type };

/** A label matcher: a value, one of several, or an anchored regular expression; each can be negated. */
export type Match = Wanted | { readonly not: Wanted };
type Wanted = string | readonly string[] | RegExp;

export type PromWindow = `${number}${"s" | "m" | "h" | "d"}`;

type LabelOf<S> = S extends { labels: readonly (infer L extends string)[] } ? L : never;
type TypeOf<S> = S extends { type: infer T extends Series["type"] } ? T : never;

/** Selects series of a target. A series or label missing from its catalogue is a type error. */
export const seriesOn =
  <T extends Target>() =>
  <Name extends string & keyof Catalogue[T]>(
    name: Name,
    where: { readonly [L in LabelOf<Catalogue[T][Name]>]?: Match } = {},
  ): Selector<LabelOf<Catalogue[T][Name]>, TypeOf<Catalogue[T][Name]>> => {
    const matchers = Object.entries<Match | undefined>(where).flatMap(([label, match]) =>
      match === undefined ? [] : [`${label}${matcher(match)}`],
    );
    return atom(matchers.length > 0 ? `${name}{${matchers.join(",")}}` : name);
  };

/** A counter's growth per second. */
export const rate = <L extends string>(counter: Selector<L, "counter">, window: PromWindow): Vector<L> =>
  atom(`rate(${counter.text}[${window}])`);

/** A counter's growth over the window. */
export const increase = <L extends string>(counter: Selector<L, "counter">, window: PromWindow): Vector<L> =>
  atom(`increase(${counter.text}[${window}])`);

/** 1 where the selector matches nothing, with the labels it names. */
export const absent = <L extends string>(series: Vector<L>): Vector<L> => atom(`absent(${series.text})`);

/** 1 where the selector matched nothing throughout the window. */
export const absentFor = <L extends string>(series: Selector<L, Series["type"]>, window: PromWindow): Vector<L> =>
  atom(`absent_over_time(${series.text}[${window}])`);

/** A gauge's highest value in the window. */
export const highest = <L extends string>(gauge: Selector<L, "gauge">, window: PromWindow): Vector<L> =>
  atom(`max_over_time(${gauge.text}[${window}])`);

const aggregated =
  (operator: "sum" | "max" | "min" | "avg" | "count") =>
  <L extends string, K extends L>(labels: readonly K[], vector: Vector<L>): Vector<K> =>
    atom(`${operator} by (${labels.join(", ")}) (${vector.text})`);

export const sumBy = aggregated("sum");
export const maxBy = aggregated("max");
export const minBy = aggregated("min");
export const avgBy = aggregated("avg");
export const countBy = aggregated("count");

/** The value that this fraction of a histogram's observations stays below. */
export const quantile = <L extends string>(part: number, buckets: Vector<L>): Vector<Exclude<L, "le">> =>
  atom(`histogram_quantile(${part}, ${buckets.text})`);

/** One sample where there are any, with a single label. */
export const marked = <L extends string>(label: L, value: string, { text }: Expression): Vector<L> =>
  atom(`label_replace(max(${text}), "${label}", "${value}", "", "")`);

/** Each sample with one more label: the pattern's first group, matched against another label. */
export const derived = <L extends string, N extends string>(
  label: N,
  from: L,
  pattern: RegExp,
  { text }: Vector<L>,
): Vector<L | N> => atom(`label_replace(${text}, "${label}", "$1", "${from}", "${quoted(pattern.source)}")`);

/** The same samples, each 0. */
export const zero = <L extends string>(vector: Vector<L>): Vector<L> => loose(`0 * ${inner(vector)}`);

export const secondsSince = <L extends string>(time: Vector<L>): Vector<L> => loose(`time() - ${inner(time)}`);
export const secondsUntil = <L extends string>(time: Vector<L>): Vector<L> => loose(`${inner(time)} - time()`);

/** Both sides have the same labels, so each sample has one counterpart. */
export const ratio = <L extends string>(part: Vector<L>, whole: Vector<L>): Vector<L> => joined("/", [part, whole]);

export const minus = <L extends string>(all: Vector<L>, part: Vector<L>): Vector<L> => joined("-", [all, part]);

const compared =
  (operator: ">" | "<" | "==") =>
  <L extends string>(vector: Vector<L>, bound: number): Vector<L> =>
    loose(`${inner(vector)} ${operator} ${bound}`);

/** The samples above, below or exactly at a bound. */
export const above = compared(">");
export const below = compared("<");
export const at = compared("==");

/** 1 where a sample of the first is at least its counterpart in the second, else 0. */
export const reaches = <L extends string>(first: Vector<L>, second: Vector<L>): Vector<L> =>
  joined(">= bool", [first, second]);

/** The samples of the first vector that all others have too. */
export const and = <L extends string>(...vectors: Vector<L>[]): Vector<L> => joined("and", vectors);

/** The samples of all vectors; the first one wins where labels are equal. */
export const or = <L extends string>(...vectors: Vector<L>[]): Vector<L> => joined("or", vectors);

/** The samples of the first vector that no other has. */
export const unless = <L extends string>(...vectors: Vector<L>[]): Vector<L> => joined("unless", vectors);

const atom = <V extends Expression>(text: string) => ({ text }) as V;
const loose = <V extends Expression>(text: string) => ({ text, loose: true }) as V;
const inner = ({ text, loose }: Expression) => (loose ? `(${text})` : text);
const joined = <V extends Expression>(operator: string, parts: Expression[]) =>
  loose<V>(parts.map(inner).join(` ${operator} `));

function matcher(match: Match): string {
  const not = typeof match === "object" && "not" in match;
  const wanted = not ? match.not : match;
  if (typeof wanted === "string") return `${not ? "!=" : "="}"${quoted(wanted)}"`;
  const expression = wanted instanceof RegExp ? wanted.source : wanted.map(literal).join("|");
  return `${not ? "!~" : "=~"}"${quoted(expression)}"`;
}

/** A regular expression that matches exactly this text. */
const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const quoted = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
