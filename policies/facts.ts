import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "../ecosystem/targets.ts";
import { type Filed, readEvidence } from "./evidence/files.ts";
import type { Exemption } from "./exemptions.ts";
import { type Level, levelOf } from "./levels.ts";

/** What is known about a stack besides its resources. */
export type StackFacts = {
  stack: string;
  level: Level;
  exemptions: readonly Exemption[];
  /** The evidence of the releases that the stack names. */
  evidence: readonly Filed[];
  /** The series that alerts may use, by target. */
  series: Readonly<Record<Target, readonly string[]>>;
  /** The headings of the runbooks: `docs/runbooks/backups.md#backup-failed`. */
  runbooks: ReadonlySet<string>;
  now: Date;
};

/** The part of a stack's settings that its resources do not show. */
type StackSettings = { stable?: string | undefined; candidate?: string | undefined; exemptions: readonly Exemption[] };

/** What the program knows and no resource says: its catalogue of series, by target. */
type KnownSeries = Readonly<Record<Target, object>>;

/** Reads what the repository knows of a stack; the caller reads and validates its settings. */
export function readFacts(
  root: string,
  stack: string,
  { settings, catalogue, now }: { settings: StackSettings; catalogue: KnownSeries; now: Date },
): StackFacts {
  const { stable, candidate, exemptions } = settings;
  return {
    stack,
    level: levelOf(stack),
    exemptions,
    evidence: readEvidence(
      root,
      [stable, candidate].filter((name) => name !== undefined),
    ),
    series: {
      "cloud-run": Object.keys(catalogue["cloud-run"]),
      compose: Object.keys(catalogue.compose),
      kubernetes: Object.keys(catalogue.kubernetes),
    },
    runbooks: headingsIn(root, "docs/runbooks"),
    now,
  };
}

/** The headings of a folder's Markdown files, as links name them. */
function headingsIn(root: string, folder: string): Set<string> {
  const files = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [];
  return new Set(
    files
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) => {
        const text = readFileSync(join(root, folder, file), "utf8");
        return [...text.matchAll(/^#+ +(.+?)\s*$/gm)].map(([, heading = ""]) => `${folder}/${file}#${slugOf(heading)}`);
      }),
  );
}

/** The anchor that a Markdown heading gets. */
const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, "")
    .replace(/\s/g, "-");
