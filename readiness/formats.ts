import { styleText } from "node:util";
import type { Report } from "../policies/report.ts";
import type { CheckOutcome, CheckVerdict, Finding } from "../policies/verdict.ts";

type ReportedOutcome = CheckOutcome & { id?: number };

const colours = { pass: "green", warn: "yellow", fail: "red", "not-applicable": "gray" } as const;

/** A report for the terminal: one line per check, below it each problem and what to do about it, the verdict last. */
export function lines(report: Report): string[] {
  const { checks, rules } = report;
  return [...checks.flatMap(outcome), "", ...rules.flatMap(outcome), "", ...exemptions(report), verdictOf(report)];
}

function outcome({ id, name, verdict, findings, remedy }: ReportedOutcome): string[] {
  const padding = " ".repeat(Math.max(0, 16 - verdict.length));
  const excuse = verdict === "not-applicable" ? `: ${findings[0]?.reason}` : "";
  return [
    `${painted(verdict)}${padding}${String(id ?? "").padStart(2)} ${name}${excuse}`,
    ...problemsIn(findings).map(({ resource, reason }) => `                   ${resource}: ${reason}`),
    ...(verdict === "fail" ? [`                   To do: ${remedy}`] : []),
  ];
}

const problemsIn = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ verdict }) => verdict === "fail" || verdict === "warn");

const exemptions = ({ exemptions }: Report): string[] =>
  exemptions.map(
    ({ rule, owner, expires, reason, standing }) =>
      `exemption from ${rule} until ${expires} (${standing}), owned by ${owner}: ${reason}`,
  );

function verdictOf({ stack, target, score, band, gate }: Report): string {
  const verdict = gate.open
    ? "it may be deployed"
    : gate.minimum > score
      ? `deployment requires ${gate.minimum}`
      : "it must not be deployed";
  return `${stack} on ${target ?? "no target"}: ${score} of 100, ${band}; ${verdict}`;
}

const painted = (verdict: CheckVerdict): string =>
  process.env.CI ? verdict : styleText(colours[verdict], verdict, { stream: process.stderr });

/** Escapes text for Markdown: names of resources and reasons must not become links, HTML or mentions. */
const escaped = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ")
    .replace(/[\\`*_[\]<>|~#]/g, "\\$&")
    .replace(/@/g, "&#64;")
    .replace(/:\/\//g, "&#58;//");

/** A report as Markdown, for a pull request. */
export function markdown(report: Report): string {
  const { checks, rules } = report;
  const marks = { pass: "✅", warn: "⚠️", fail: "❌", "not-applicable": "➖" } as const;
  const row = ({ id, name, verdict, findings, remedy }: ReportedOutcome) => {
    const problems = problemsIn(findings);
    const first = problems[0] ?? findings.find((finding) => finding.verdict === verdict);
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    const cells = [
      id === undefined ? name : `${id} ${name}`,
      `${marks[verdict]} ${verdict}`,
      escaped(first?.resource ?? ""),
      `${escaped(first?.reason ?? "")}${more}`,
      verdict === "fail" || verdict === "warn" ? remedy : "",
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  };
  return [
    `### Readiness: ${escaped(verdictOf(report))}`,
    "",
    "| check | verdict | resource | reason | to do |",
    "|---|---|---|---|---|",
    ...checks.map(row),
    ...rules.map(row),
    ...(report.exemptions.length > 0 ? ["", ...exemptions(report).map((line) => `- ${escaped(line)}`)] : []),
  ].join("\n");
}

/** A report for programs: each check with its worst finding first, followed by all findings with the same verdict. */
export function json({ checks, rules, ...report }: Report) {
  const flat = <Outcome extends CheckOutcome>({ findings, ...outcome }: Outcome) => {
    const decisive = findings.filter(({ verdict }) => verdict === outcome.verdict);
    const { resource, reason } = decisive[0] ?? { resource: "stack", reason: "" };
    return { ...outcome, resource, reason, findings: decisive };
  };
  return { ...report, checks: checks.map(flat), rules: rules.map(flat) };
}
