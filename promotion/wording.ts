import type { RevisionRole } from "../ecosystem/revision-role.ts";
import type { Fraction } from "../ecosystem/units.ts";
import type { Counts } from "./counts.ts";
import type { Begun } from "./events.ts";
import type { Sample } from "./samples.ts";

type PromotedRevisions = Begun["revisions"][number];

/** A revision for people: service and version with the id; only the id when the version is unknown. */
export function revisionName(revisions: PromotedRevisions, role: RevisionRole): string {
  const version = revisions.versions?.[role];
  return version === undefined ? revisions[role] : `${revisions.service} ${version} (${revisions[role]})`;
}

/** A revision by its version and role, without its id: "everything 2026.8.31 (candidate)"; only the service when the version is unknown. */
export function versionName(
  { service, versions }: Pick<PromotedRevisions, "service" | "versions">,
  role: RevisionRole,
): string {
  const version = versions?.[role];
  return version === undefined ? `${service} (${role})` : `${service} ${version} (${role})`;
}

/** The names of a promotion's candidates, without services whose revision does not change. */
export const candidateNames = ({ revisions }: Begun): string =>
  revisions
    .filter(({ stable, candidate }) => stable !== candidate)
    .map((one) => revisionName(one, "candidate"))
    .join(" and ");

/** The most common kind of bad outcome among so many requests of users: "403 from the server, 765 of 892 requests"; null when there was none. */
export function commonestKind(kinds: Record<string, number>, requests: number): string | null {
  const [first] = sharesByKind(kinds);
  return first ? `${first.kind}, ${count(first.count)} of ${count(requests)} requests` : null;
}

/** The kinds of bad outcomes that happened, the most common first; `share` is a fraction of all bad outcomes. */
export function sharesByKind(kinds: Record<string, number>): { kind: string; count: number; share: number }[] {
  const all = Object.values(kinds).reduce((sum, one) => sum + one, 0);
  return Object.entries(kinds)
    .filter(([, many]) => many > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, many]) => ({ kind, count: many, share: many / all }));
}

/** The kinds of bad outcomes with their shares, the most common first: "403 from the server: 765 (86 %), JSON-RPC error: 127 (14 %)". */
export const kindsInWords = (kinds: Record<string, number>): string =>
  sharesByKind(kinds)
    .map(({ kind, count: many, share }) => `${kind}: ${count(many)} (${percent(share)})`)
    .join(", ");

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

/** One failed request on one line: "14:03:12Z 403 from the server (-32000), tools/call of search, client 7, mahavishnu 1.4.0 (candidate), probe". */
export function sampleInWords(sample: Sample, all: readonly PromotedRevisions[]): string {
  const { at, probe, kind, client } = sample;
  const codes = sampleCodes(sample);
  return [
    `${new Date(at).toISOString().slice(11, 19)}Z ${kind}${codes === "" ? "" : ` (${codes})`}`,
    ...[sampleCall(sample)].filter((call) => call !== ""),
    `client ${client}`,
    sampleRevision(sample, all),
    ...(probe ? ["probe"] : []),
  ].join(", ");
}

/** The codes and flags of a sample that its kind does not name already: "404, -32001". */
export const sampleCodes = ({ kind, code, flags, rpcCode }: Sample): string =>
  [code, flags, rpcCode].filter((one) => one !== null && !kind.includes(String(one))).join(", ");

/** What a sample's request called: "tools/call of search"; empty where the request did not say. */
export const sampleCall = ({ method, tool }: Sample): string => (tool === "" ? method : `${method} of ${tool}`);

/** The revision of a sample by its version, where that is known: "mahavishnu 1.4.0 (candidate)". */
export function sampleRevision({ service, role }: Sample, all: readonly PromotedRevisions[]): string {
  return versionName(all.find((one) => one.service === service) ?? { service }, role);
}

/** A fraction as a percentage, without noise digits. */
export const percent = (fraction: Fraction): string => `${Number((fraction * 100).toPrecision(3))} %`;

/** A difference of two rates (a fraction). */
export const points = (fraction: Fraction): string => `${Number((fraction * 100).toPrecision(3))} percentage points`;

const count = (value: number): string => value.toLocaleString("en-US");
