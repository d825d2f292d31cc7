import { styleText } from "node:util";
import type { Report } from "../policies/report.ts";
import type { CheckVerdict, Finding } from "../policies/verdict.ts";

type ReportedOutcome = Report["rules"][number] & { id?: number };

const colours = { pass: "green", warn: "yellow", fail: "red", "not-applicable": "gray" } as const;

/** A report for people: a line for each check, below it what is amiss and what to do, and the verdict. */
export function lines(report: Report): string[] {
  const { checks, rules } = report;
  return [...checks.flatMap(outcome), "", ...rules.flatMap(outcome), "", ...exemptions(report), `${verdictOf(report)}`];
}

function outcome({ id, name, verdict, findings, remedy }: ReportedOutcome): string[] {
  const told = amiss(findings);
  const mark = painted(verdict);
  return [
    `${mark}${" ".repeat(Math.max(0, 16 - verdict.length))}${String(id ?? "").padStart(2)} ${name}${verdict === "not-applicable" ? `: ${findings[0]?.reason}` : ""}`,
    ...told.map(({ resource, reason }) => `                   ${resource}: ${reason}`),
    ...(verdict === "fail" ? [`                   to do: ${remedy}`] : []),
  ];
}

/** What is said about an outcome: all that is not as it must be. */
const amiss = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ verdict }) => verdict === "fail" || verdict === "warn");

const exemptions = ({ exemptions }: Report): string[] =>
  exemptions.map(
    ({ rule, owner, expires, reason, standing }) =>
      `exemption of ${rule} until ${expires} (${standing}), ${owner}: ${reason}`,
  );

function verdictOf({ stack, target, score, band, gate }: Report): string {
  const open = gate.open ? "may be deployed" : gate.minimum > score ? `needs ${gate.minimum}` : "may not be deployed";
  return `${stack} on ${target ?? "nothing"}: ${score} of 100, ${band}; it ${open}`;
}

const painted = (verdict: CheckVerdict): string =>
  process.env.CI ? verdict : styleText(colours[verdict], verdict, { stream: process.stderr });

/** The same for a pull request. */
export function markdown(report: Report): string {
  const { checks, rules } = report;
  const marks = { pass: "✅", warn: "⚠️", fail: "❌", "not-applicable": "➖" } as const;
  const row = ({ id, name, verdict, findings, remedy }: ReportedOutcome) => {
    const told = amiss(findings);
    const first = told[0] ?? findings.find((finding) => finding.verdict === verdict);
    const more = told.length > 1 ? ` (and ${told.length - 1} more)` : "";
    const cells = [
      id === undefined ? name : `${id} ${name}`,
      `${marks[verdict]} ${verdict}`,
      first?.resource ?? "",
      `${first?.reason ?? ""}${more}`,
      verdict === "fail" || verdict === "warn" ? remedy : "",
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  };
  return [
    `### Readiness: ${verdictOf(report)}`,
    "",
    "| check | verdict | resource | reason | to do |",
    "|---|---|---|---|---|",
    ...checks.map(row),
    ...rules.map(row),
    ...(report.exemptions.length > 0 ? ["", ...exemptions(report).map((line) => `- ${line}`)] : []),
  ].join("\n");
}
