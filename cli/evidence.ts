import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { Command, Option } from "commander";
import type { Target } from "../ecosystem/targets.ts";
import type { EvidenceKind } from "../policies/evidence/kinds.ts";
import { pathOption, projectFolder } from "./paths.ts";
import { stackOption, targetOption } from "./stack-option.ts";
import { UsageError } from "./usage.ts";
import { type Io, verb } from "./verb.ts";

type About = { stack: string; release?: string; by?: string };
type Add = About & { from?: string; digest?: Record<string, string>; date?: Date };
type Audit = About & { target?: Target; offline?: boolean };

const add = verb<Add>(
  "add <kind>",
  "keep what was found out about a release",
  "npx maha smoke https://... --json | npx maha evidence add smoke --stack staging --digest mahavishnu=sha256:... --from /dev/stdin",
  async ([kind = ""], { from, digest = {}, date, ...about }, io) => {
    const { kindNames } = await import("../policies/evidence/kinds.ts");
    if (!(kindNames as string[]).includes(kind)) {
      throw new UsageError(`evidence add ${kind}: no such kind. Kinds: ${kindNames.join(", ")}`);
    }
    if (from === undefined) throw new UsageError("--from FILE: missing; the file holds what was found out, as JSON");
    const now = new Date();
    return keep(
      about,
      { kind: kind as EvidenceKind, digests: digest, date: date ?? now, result: contentOf(from), now },
      io,
    );
  },
)
  .addOption(stackOption())
  .addOption(releaseOption())
  .addOption(byOption())
  .option("--from <file>", "what was found out, as JSON: what the tool itself printed", pathOption)
  .option("--digest <service=digest>", "the image that was looked at; may be repeated", collectedDigests)
  .option("--date <date>", "when it was so (default: now)", dateOption);

const audit = verb<Audit>(
  "audit",
  "audit a release: the stack itself, the images' lock files and the deployment's own",
  "npx maha evidence audit --stack prod",
  async (_, { target, offline = false, ...about }, io) => {
    const { auditOf, lockFiles } = await import("../policies/evidence/audit.ts");
    const { scan } = await import("../policies/evidence/scanner.ts");
    const { readinessOf } = await import("../readiness/readiness.ts");
    const { subjectOf } = await import("../readiness/subject.ts");
    const root = projectFolder();
    const now = new Date();
    const { digests } = subjectOf(root, about);
    const scanned = await scan(root, lockFiles, { offline });
    const report = await readinessOf(root, { stack: about.stack, ...(target && { target }) }, now);
    const result = auditOf(scanned, report);
    for (const { severity, id, where } of result.findings) io.say(`${severity.padEnd(8)} ${id}: ${where}`);
    await keep(about, { kind: "security-audit", digests, date: now, result, now }, io);
    return result.critical + result.high + result.unrated > 0 ? 1 : 0;
  },
)
  .addOption(stackOption())
  .addOption(targetOption())
  .addOption(releaseOption())
  .addOption(byOption())
  .option("--offline", "use the copy of the vulnerability database on this machine");

const list = verb<About>(
  "list",
  "list what is known of a release, and whether it still holds",
  "npx maha evidence list --stack prod",
  async (_, about, io) => {
    const { subjectOf } = await import("../readiness/subject.ts");
    const { readEvidence } = await import("../policies/evidence/files.ts");
    const { objectionOf, untimely } = await import("../policies/evidence/evidence.ts");
    const { table } = await import("./table.ts");
    const { release } = subjectOf(projectFolder(), about);
    const filed = readEvidence(projectFolder(), [release]);
    const rows = filed.map(({ file, evidence, since }) => {
      if (!evidence) return [file, "", "cannot be read"];
      const against = untimely(evidence, since, new Date()) ?? objectionOf(evidence)?.reason;
      return [file, evidence.date.slice(0, 16).replace("T", " "), against ?? "holds"];
    });
    for (const line of rows.length ? table(rows) : [`there is no evidence of release ${release} yet`]) io.say(line);
    for (const { evidence, file } of filed) if (evidence) io.print({ file, ...evidence });
    return 0;
  },
)
  .addOption(stackOption())
  .addOption(releaseOption());

export const command = new Command("evidence")
  .summary("keep and list what is known of a release and is no resource")
  .description("Keeps and lists what is known of a release and is no resource: audits, tests, smoke, backups, drills.");
for (const sub of [add, list, audit]) command.addCommand(sub.exitOverride());

type Found = { kind: EvidenceKind; digests: Record<string, string>; date: Date; result: unknown; now: Date };

async function keep(about: About, found: Found, io: Io): Promise<0> {
  const { makeEvidence } = await import("../policies/evidence/add.ts");
  const { writeEvidence } = await import("../policies/evidence/files.ts");
  const { subjectOf } = await import("../readiness/subject.ts");
  const root = projectFolder();
  const by = about.by ?? userInfo().username;
  const evidence = makeEvidence({ ...found, by, subject: subjectOf(root, about) });
  io.say(`${writeEvidence(root, evidence)}: kept. Commit it with the release`);
  io.print(evidence);
  return 0;
}

function releaseOption(): Option {
  return new Option("--release <name>", "the release (default: the stack's candidate, else its stable)");
}

function byOption(): Option {
  return new Option("--by <name>", "who answers for it (default: you)");
}

function contentOf(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--from ${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--from ${file}: not JSON`);
  }
}

function collectedDigests(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, service, digest] = /^([a-z-]+)=(?:\S+@)?(sha256:[0-9a-f]{64})$/.exec(text) ?? [];
  if (service === undefined || digest === undefined) {
    throw new UsageError(`--digest ${text}: not a service and a digest. Example: --digest mahavishnu=sha256:...`);
  }
  return { ...before, [service]: digest };
}

function dateOption(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new UsageError(`--date ${text}: not a date. Example: --date 2027-01-31T12:00:00Z`);
  return date;
}
