import type { VerdictKind } from "../promotion/verdict.ts";
import type { Chart } from "./charts.ts";
import type { Chronicle, Entry, StepRow } from "./chronicle.ts";
import type { Extras } from "./extras.ts";
import { clockTime, count, moment, percent, percentUp, span } from "./format.ts";
import { headline } from "./headline.ts";
import { type Content, type Html, html } from "./html.ts";

/** The sections of the page, from the top down. */
export const sections = (extras: Extras, story: Chronicle, charts: readonly Chart[]): Html[] => [
  verdict(extras, story),
  figures(extras, story),
  steps(story.rows),
  overTime(charts),
  happened(story),
];

function verdict({ title, workload, fault, rps, seconds }: Extras, story: Chronicle): Html {
  const { tone, word, sentence } = headline(story);
  const { begun } = story.state;
  return html`<header class="${tone}">
  <p class="kicker">${title}</p>
  <h1>${word}</h1>
  <p class="sentence">${sentence}</p>
  ${revisions(begun.revisions)}
  <dl class="facts">
    ${fact("began", moment(begun.at))}${fact("ended", moment(story.end))}${fact("took", span(seconds))}
    ${fact("fault", fault === null ? "none injected" : html`<strong>${fault}</strong>`)}${fact("workload", workload)}
    ${fact("users", `${count(rps)} requests a second`)}${fact("plan", begun.plan.name)}${fact("promotion", html`<code>${begun.id}</code>`)}
  </dl>
</header>`;
}

const fact = (name: string, value: Content): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

const revisions = (all: Chronicle["state"]["begun"]["revisions"]): Html => html`<table class="revisions">
  <thead><tr><th>service</th><th class="stable">stable</th><th class="candidate">candidate</th></tr></thead>
  <tbody>${all.map(
    ({ service, stable, candidate }) =>
      html`<tr>
    <th scope="row">${service}</th>
    <td data-label="stable"><code>${stable}</code></td>
    <td data-label="candidate">${stable === candidate ? "the same" : html`<code>${candidate}</code>`}</td>
  </tr>`,
  )}</tbody>
</table>`;

function figures({ candidate, movedSessions, lostSessions, shiftErrors }: Extras, { backMs }: Chronicle): Html {
  const { userRequests, userErrors } = candidate;
  const rate = userRequests > 0 ? `${percent(userErrors / userRequests)} of them` : "";
  return html`<section class="figures" aria-label="Key figures">
  ${figure("users' requests on the candidate", count(userRequests), "")}
  ${figure("of them failed", count(userErrors), rate)}
  ${figure("sessions moved", count(movedSessions), "to another revision; must be 0", movedSessions > 0)}
  ${figure("sessions lost", count(lostSessions), "ended by a rollback or a dead server")}
  ${figure("failures by shifting", count(shiftErrors), "must be 0", shiftErrors > 0)}
  ${backMs === null ? null : figure("from verdict to 0 %", `${count(Math.round(backMs))} ms`, "read back in force")}
</section>`;
}

const figure = (what: string, value: string, note: string, bad = false): Html =>
  html`<div class="figure${bad ? " bad" : ""}"><b>${value}</b><span>${what}</span><small>${note}</small></div>`;

const steps = (rows: readonly StepRow[]): Html => html`<section>
  <h2>The steps</h2>
  ${
    rows.length === 0
      ? html`<p>The candidate never had a share.</p>`
      : html`<table class="steps">
    <thead><tr><th>share</th><th>took</th><th>verdict</th><th class="number">candidate</th><th class="number">failed</th><th class="number">stable</th><th class="number">failed</th><th class="number">certified below</th><th class="by">by</th><th class="why">why</th></tr></thead>
    <tbody>${rows.map(stepRow)}</tbody>
  </table>
  <p class="note">Requests are users' and probes' together. What is certified holds with 95 % confidence and is proven by this step's requests alone; the bake goes on counting where the last step ended.</p>`
  }
</section>`;

const stepRow = (row: StepRow): Html => html`<tr>
  <th scope="row" data-label="share">${row.share} %${row.bake ? ", bake" : ""}</th>
  <td data-label="took">${clockTime(row.seconds)}</td>
  <td data-label="verdict">${badge(row.verdict)}</td>
  ${number("candidate", count(row.candidate.requests), `${count(row.users)} users, ${count(row.probes)} probes`)}
  ${failed("candidate failed", row.candidate)}
  ${number("stable", count(row.stable.requests))}
  ${failed("stable failed", row.stable)}
  ${number("certified below", row.certified === null ? "nothing" : percentUp(row.certified), `${percent(row.bound)} wanted`)}
  <td data-label="by" class="by">${row.by ?? "–"}</td>
  <td data-label="why" class="why">${row.reason}</td>
</tr>`;

const number = (label: string, value: string, note = ""): Html =>
  html`<td data-label="${label}" class="number"><span>${value}<small>${note}</small></span></td>`;

const failed = (label: string, { requests, failures }: { requests: number; failures: number }): Html =>
  number(label, count(failures), failures > 0 ? percent(failures / requests) : "");

const signs: Partial<Record<Entry["what"], string>> = { promote: "▲ ", hold: "■ ", "roll-back": "▼ " };
const badge = (what: VerdictKind | Entry["what"]): Html =>
  html`<span class="badge ${what}">${signs[what] ?? ""}${what.replace("-", " ")}</span>`;

const overTime = (charts: readonly Chart[]): Html => html`<section>
  <h2>Over time</h2>
  <p class="note">Minutes and seconds since the promotion began, the same in every chart. Thin lines are shifts; held times are tinted. Drag to look closer, double-click to see all.</p>
  <noscript><p class="note">The charts are drawn by a script, which this browser does not run. The tables say the same in numbers.</p></noscript>
  ${charts.map(
    ({ title, about }) => html`<figure>
    <figcaption><h3>${title}</h3> ${about}</figcaption>
    <div class="chart" role="img" aria-label="Chart: ${title}"></div>
  </figure>`,
  )}
</section>`;

/** So many lines a reader can go through; the journal has them all. */
const LINES = 400;

function happened({ entries, state }: Chronicle): Html {
  const half = LINES / 2;
  const left = entries.length - LINES;
  const line = (entry: Entry) => eventLine(entry, state.begun.at);
  return html`<section>
  <h2>What happened</h2>
  <table class="events">
    <thead><tr><th>after</th><th>at (UTC)</th><th>what</th><th></th></tr></thead>
    <tbody>${
      left <= 0
        ? entries.map(line)
        : [
            ...entries.slice(0, half).map(line),
            html`<tr><td></td><td></td><td></td><td>${count(left)} more changes, which the journal holds</td></tr>`,
            ...entries.slice(-half).map(line),
          ]
    }</tbody>
  </table>
  <p class="note">Verdicts are listed where they changed; in between the promotion looked again at every poll and found the same.</p>
</section>`;
}

const eventLine = ({ at, what, words }: Entry, begunAt: number): Html =>
  html`<tr><td>${clockTime((at - begunAt) / 1000)}</td><td>${new Date(at).toISOString().slice(11, 19)}</td><td>${badge(what)}</td><td>${words}</td></tr>`;
