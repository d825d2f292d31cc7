import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Html, html, json, raw, script } from "./html.ts";

const read = (url: string): string => readFileSync(new URL(url), "utf8");
const uplot = {
  script: script(read(import.meta.resolve("uplot/dist/uPlot.iife.min.js"))),
  style: read(import.meta.resolve("uplot/dist/uPlot.min.css")),
};
const own = {
  script: script(read(import.meta.resolve("./draw.js"))),
  style: read(import.meta.resolve("./page.css")),
};

const hash = (source: string): string => `'sha256-${createHash("sha256").update(source).digest("base64")}'`;
const policy = `default-src 'none'; script-src ${hash(uplot.script)} ${hash(own.script)}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;

/**
 * A self-contained page that opens offline from a file. Its content security policy forbids all requests and all scripts but its own two,
 * so that injected journal content cannot run or call out. `data` is for the script that draws the charts.
 */
export const page = ({ title, sections, data }: { title: string; sections: readonly Html[]; data: unknown }): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${raw(uplot.style)}${raw(own.style)}</style>
</head>
<body>
<main>
${sections}
</main>
<script type="application/json" id="drawing">${json(data)}</script>
<script>${raw(uplot.script)}</script>
<script type="module">${raw(own.script)}</script>
</body>
</html>
`.text;
