import type { Fraction } from "../ecosystem/units.ts";
import type { Counts } from "./counts.ts";
import type { Begun } from "./events.ts";
import type { Sample } from "./samples.ts";

type Revisions = Begun["revisions"][number];

/** A revision for people: service and version with the id; only the id when the version is unknown. */
export function revisionName(revisions: Revisions, role: "stable" | "candidate"): string {
  const version = revisions.versions?.[role];
  return version === undefined ? revisions[role] : `${revisions.service} ${version} (${revisions[role]})`;
}

/** The names of a promotion's candidates, without services whose revision does not change. */
export const candidateNames = ({ revisions }: Begun): string =>
  revisions
    .filter(({ stable, candidate }) => stable !== candidate)
    .map((one) => revisionName(one, "candidate"))
    .join(" and ");

/** The most common kind of bad outcome: "403 from the server, 765 of 892"; null when there was none. */
export function commonestKind(kinds: Record<string, number>): string | null {
  const [first] = byCount(kinds);
  if (!first) return null;
  const [kind, many] = first;
  return `${kind}, ${count(many)} of ${count(Object.values(kinds).reduce((sum, one) => sum + one, 0))}`;
}

/** The kinds of bad outcomes with their shares, the most common first: "403 from the server 86 %, JSON-RPC error 14 %". */
export function kindsInWords(kinds: Record<string, number>): string {
  const all = Object.values(kinds).reduce((sum, one) => sum + one, 0);
  return byCount(kinds)
    .map(([kind, many]) => `${kind} ${percent(many / all)}`)
    .join(", ");
}

/** The outcomes of users or probes, never both on one line: "3 of 540 failed, 12 refused". Zeros are left out, except failures. */
export function outcomesInWords({ requests, failures, refused, slow, toolErrors }: Counts): string {
  const more = [
    [refused, "refused"],
    [slow, "slow"],
    [toolErrors, "with tool errors"],
  ] as const;
  const happened = more.filter(([many]) => many > 0).map(([many, what]) => `, ${count(many)} ${what}`);
  return `${count(failures)} of ${count(requests)} failed${happened.join("")}`;
}

/** One failed request on one line: "14:03:12Z 403 from the server, tools/call of search, client 7, mahavishnu stable, probe". */
export function sampleInWords({ at, service, role, probe, kind, rpcCode, method, tool, client }: Sample): string {
  const call = tool === "" ? method : `${method} of ${tool}`;
  return [
    `${new Date(at).toISOString().slice(11, 19)}Z ${kind}${rpcCode === null ? "" : ` (${rpcCode})`}`,
    ...(call === "" ? [] : [call]),
    `client ${client}`,
    `${service} ${role}`,
    ...(probe ? ["probe"] : []),
  ].join(", ");
}

/** A fraction as a percentage, without noise digits. */
export const percent = (fraction: Fraction): string => `${Number((fraction * 100).toPrecision(3))} %`;

/** A difference of two rates (a fraction). */
export const points = (fraction: Fraction): string => `${Number((fraction * 100).toPrecision(3))} percentage points`;

const byCount = (kinds: Record<string, number>): [kind: string, many: number][] =>
  Object.entries(kinds)
    .filter(([, many]) => many > 0)
    .toSorted(([, a], [, b]) => b - a);

const count = (value: number): string => value.toLocaleString("en-US");
