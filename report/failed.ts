import type { Begun, Event } from "../promotion/events.ts";
import { observationsOf, totalsOf, whatFailed } from "../promotion/failures.ts";
import type { Sample } from "../promotion/samples.ts";
import { percent, sampleCall, sampleCodes, sampleRevision, sharesByKind } from "../promotion/wording.ts";
import { count } from "./format.ts";
import { type Html, html } from "./html.ts";

/** The section on what failed: the users' bad outcomes by kind over the whole promotion, and samples; null where nothing did. */
export function failed(events: readonly [Begun, ...Event[]]): Html | null {
  const { stable, candidate } = totalsOf(observationsOf(events));
  const [ofStable, ofCandidate] = [stable.kinds ?? {}, candidate.kinds ?? {}];
  const kinds = sharesByKind(sum(ofCandidate, ofStable)).map(({ kind }) => kind);
  const { samples } = whatFailed(events);
  if (kinds.length === 0 && samples.length === 0) return null;
  const rows = kinds
    .map((kind) => ({ kind, candidate: ofCandidate[kind] ?? 0, stable: ofStable[kind] ?? 0 }))
    .toSorted((a, b) => b.candidate - a.candidate);
  return html`<section>
  <h2>What failed</h2>
  ${
    rows.length === 0
      ? html`<p>No user's request.</p>`
      : html`<table class="kinds">
    <thead><tr><th>kind</th><th class="number candidate">candidate</th><th class="number stable">stable</th></tr></thead>
    <tbody>${rows.map(
      (row) =>
        html`<tr><th scope="row">${row.kind}</th>${cell("candidate", row.candidate, ofCandidate)}${cell("stable", row.stable, ofStable)}</tr>`,
    )}</tbody>
  </table>
  <p class="note">Users' requests only, over the whole promotion: ${count(candidate.user.requests)} to the candidate, ${count(stable.user.requests)} to stable. Percentages are shares of a revision's bad outcomes.</p>`
  }
  ${samples.length === 0 ? null : sampleTable(samples, events[0])}
</section>`;
}

const sum = (a: Record<string, number>, b: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)]),
  );

function cell(label: string, many: number, kinds: Record<string, number>): Html {
  const all = Object.values(kinds).reduce((total, one) => total + one, 0);
  return html`<td data-label="${label}" class="number"><span>${count(many)}<small>${many > 0 ? percent(many / all) : ""}</small></span></td>`;
}

const sampleTable = (samples: readonly Sample[], { revisions }: Begun): Html => html`<h3 class="above">Samples</h3>
  <table class="samples">
    <thead><tr><th>time (UTC)</th><th>kind</th><th>codes</th><th>call</th><th>revision</th><th>from</th></tr></thead>
    <tbody>${samples.map(
      (sample) => html`<tr>
    <td>${new Date(sample.at).toISOString().slice(11, 19)}</td>
    <th scope="row">${sample.kind}</th>
    <td>${sampleCodes(sample)}</td>
    <td><code>${sampleCall(sample)}</code></td>
    <td>${sampleRevision(sample, revisions)}</td>
    <td>${sample.probe ? "probe" : `client ${sample.client}`}</td>
  </tr>`,
    )}</tbody>
  </table>
  <p class="note">The newest requests that went wrong before the verdict. Codes: HTTP status, Envoy's flags, JSON-RPC error. A client is one of 16 buckets of hashed clients.</p>`;
