import type { Counts } from "../promotion/counts.ts";
import type { VerdictKind } from "../promotion/verdict.ts";
import { percent } from "../promotion/wording.ts";
import type { Chart } from "./charts.ts";
import type { Chronicle, Entry, StepRow } from "./chronicle.ts";
import type { Extras } from "./extras.ts";
import { clockTime, count, moment, percentUp, span } from "./format.ts";
import { headline } from "./headline.ts";
import { type Html, type HtmlContent, html } from "./html.ts";

/** The page's sections, top to bottom. */
export const sections = (extras: Extras, story: Chronicle, failed: Html | null, charts: readonly Chart[]): Html[] => [
  verdict(extras, story),
  figures(extras, story),
  steps(story.rows),
  ...(failed ? [failed] : []),
  overTime(charts),
  happened(story),
];

function verdict({ title, workload, fault, rps, seconds, warnings }: Extras, story: Chronicle): Html {
  const { tone, word, sentence } = headline(story, warnings);
  const { begun } = story.state;
  return html`<header class="${tone}">
  <p class="kicker">${title}</p>
  <h1>${word}</h1>
  <p class="sentence">${sentence}</p>
  ${warnings.map((warning) => html`<p class="sentence warning">${warning}</p>`)}
  ${revisions(begun.revisions)}
  <dl class="facts">
    ${fact("started", moment(begun.at))}${fact("ended", moment(story.end))}${fact("duration", span(seconds))}
    ${fact("fault", fault === null ? "none injected" : html`<strong>${fault}</strong>`)}${fact("workload", workload)}
    ${fact("users", `${count(rps)} requests per second`)}${fact("plan", begun.plan.name)}${fact("promotion", html`<code>${begun.id}</code>`)}
  </dl>
</header>`;
}

const fact = (name: string, value: HtmlContent): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

const revisions = (all: Chronicle["state"]["begun"]["revisions"]): Html => html`<table class="revisions">
  <thead><tr><th>service</th><th class="stable">stable</th><th class="candidate">candidate</th></tr></thead>
  <tbody>${all.map(
    ({ service, stable, candidate, versions }) =>
      html`<tr>
    <th scope="row">${service}</th>
    <td data-label="stable">${versions?.stable ?? ""} <code>${stable}</code></td>
    <td data-label="candidate">${stable === candidate ? "unchanged" : html`${versions?.candidate ?? ""} <code>${candidate}</code>`}</td>
  </tr>`,
  )}</tbody>
</table>`;

function figures(
  { candidate, movedSessions, lostSessions, sessions, shiftErrors }: Extras,
  { backMs }: Chronicle,
): Html {
  const { userRequests, userErrors, userRefused } = candidate;
  const rate = (part: number) => (userRequests > 0 ? `${percent(part / userRequests)} of them` : "");
  return html`<section class="figures" aria-label="Key figures">
  ${figure("user requests to the candidate", count(userRequests), "")}
  ${figure("failed", count(userErrors), rate(userErrors))}
  ${figure("refused", count(userRefused), rate(userRefused))}
  ${figure("sessions moved", count(movedSessions), "to another revision; must be 0", movedSessions > 0)}
  ${figure("sessions lost", count(lostSessions), `must be 0; ${count(sessions.ended)} more ended by a rollback or drain`, lostSessions > 0)}
  ${figure("failures caused by shifts", count(shiftErrors), "must be 0", shiftErrors > 0)}
  ${backMs === null ? null : figure("from verdict to 0 %", `${count(Math.round(backMs))} ms`, "confirmed by the edge")}
</section>`;
}

const figure = (what: string, value: string, note: string, bad = false): Html =>
  html`<div class="figure${bad ? " bad" : ""}"><b>${value}</b><span>${what}</span><small>${note}</small></div>`;

const steps = (rows: readonly StepRow[]): Html => html`<section>
  <h2>Steps</h2>
  ${
    rows.length === 0
      ? html`<p>The candidate never received traffic.</p>`
      : html`<table class="cards steps">
    <thead><tr><th>share</th><th>duration</th><th>verdict</th><th class="number">candidate</th><th class="number">failed</th><th class="number">stable</th><th class="number">failed</th><th class="number">certified below</th><th class="by">from</th><th class="why">reason</th></tr></thead>
    <tbody>${rows.map(stepRow)}</tbody>
  </table>
  <p class="note">Users' requests only. Each certified rate holds with 95 % confidence and rests on that step's requests alone; the bake continues the last step's count.</p>
  ${probes(rows)}`
  }
</section>`;

const stepRow = (row: StepRow): Html => html`<tr>
  <th scope="row" data-label="share">${row.share} %${row.bake ? ", bake" : ""}</th>
  <td data-label="duration">${clockTime(row.seconds)}</td>
  <td data-label="verdict">${badge(row.verdict)}</td>
  ${number("candidate", count(row.candidate.requests))}
  ${failed("candidate failed", row.candidate)}
  ${number("stable", count(row.stable.requests))}
  ${failed("stable failed", row.stable)}
  ${number("certified below", row.certified === null ? "nothing" : percentUp(row.certified), `${percent(row.bound)} required`)}
  <td data-label="from" class="by">${row.by ?? "–"}</td>
  <td data-label="reason" class="why">${row.reason}</td>
</tr>`;

const number = (label: string, value: string, note = ""): Html =>
  html`<td data-label="${label}" class="number"><span>${value}<small>${note}</small></span></td>`;

function failed(label: string, { requests, failures, refused, slow, toolErrors }: Counts): Html {
  const more = [
    ...(failures > 0 ? [percent(failures / requests)] : []),
    ...(refused > 0 ? [`${count(refused)} refused`] : []),
    ...(slow > 0 ? [`${count(slow)} slow`] : []),
    ...(toolErrors > 0 ? [`${count(toolErrors)} tool errors`] : []),
  ];
  return number(label, count(failures), more.join(", "));
}

/** The probes of each step, in a table of their own: they are no users. */
const probes = (rows: readonly StepRow[]): Html => html`<h3 class="above">Probes</h3>
  <table class="cards probes">
    <thead><tr><th>share</th><th class="number">candidate</th><th class="number">failed</th><th class="number">stable</th><th class="number">failed</th></tr></thead>
    <tbody>${rows.map(
      ({ share, bake, probes: { candidate, stable } }) => html`<tr>
    <th scope="row" data-label="share">${share} %${bake ? ", bake" : ""}</th>
    ${number("candidate", count(candidate.requests))}
    ${failed("candidate failed", candidate)}
    ${number("stable", count(stable.requests))}
    ${failed("stable failed", stable)}
  </tr>`,
    )}</tbody>
  </table>`;

const signs: Partial<Record<Entry["what"], string>> = { promote: "▲ ", hold: "■ ", "roll-back": "▼ " };
const badge = (what: VerdictKind | Entry["what"]): Html =>
  html`<span class="badge ${what}">${signs[what] ?? ""}${what.replace("-", " ")}</span>`;

const overTime = (charts: readonly Chart[]): Html => html`<section>
  <h2>Over time</h2>
  <p class="note">Time since the promotion started, the same in every chart. Thin vertical lines are shifts; holds are shaded. Drag to zoom in, double-click to reset.</p>
  <noscript><p class="note">The charts need JavaScript, which this browser does not run. The tables contain the same data.</p></noscript>
  ${charts.map(
    ({ title, about }) => html`<figure>
    <figcaption><h3>${title}</h3> ${about}</figcaption>
    <div class="chart" role="img" aria-label="Chart: ${title}"></div>
  </figure>`,
  )}
</section>`;

/** The most lines to show; the journal has all of them. */
const LINES = 400;

function happened({ entries, state }: Chronicle): Html {
  const half = LINES / 2;
  const left = entries.length - LINES;
  const line = (entry: Entry) => eventLine(entry, state.begun.at);
  return html`<section>
  <h2>Timeline</h2>
  <table class="events">
    <thead><tr><th>elapsed</th><th>time (UTC)</th><th>event</th><th></th></tr></thead>
    <tbody>${
      left <= 0
        ? entries.map(line)
        : [
            ...entries.slice(0, half).map(line),
            html`<tr><td></td><td></td><td></td><td>${count(left)} more changes in the journal</td></tr>`,
            ...entries.slice(-half).map(line),
          ]
    }</tbody>
  </table>
  <p class="note">Verdicts are listed when they changed; the polls in between confirmed them.</p>
</section>`;
}

const eventLine = ({ at, what, words }: Entry, begunAt: number): Html =>
  html`<tr><td>${clockTime((at - begunAt) / 1000)}</td><td>${new Date(at).toISOString().slice(11, 19)}</td><td>${badge(what)}</td><td>${words}</td></tr>`;
