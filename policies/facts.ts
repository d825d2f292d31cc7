import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
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

/** A stack that the repository does not know; the message says where it was expected. */
export class FactsError extends Error {
  override name = "FactsError";
}

/** What the program knows and no resource says: its catalogue of series, by target. */
type KnownSeries = Readonly<Record<Target, object>>;

/** Reads what the repository knows of a stack. Throws a FactsError where it does not know the stack. */
export function readFacts(
  root: string,
  stack: string,
  { catalogue, now }: { catalogue: KnownSeries; now: Date },
): StackFacts {
  const { exemptions, releases } = settingsOf(root, stack);
  return {
    stack,
    level: levelOf(stack),
    exemptions,
    evidence: readEvidence(root, releases),
    series: {
      "cloud-run": Object.keys(catalogue["cloud-run"]),
      compose: Object.keys(catalogue.compose),
      kubernetes: Object.keys(catalogue.kubernetes),
    },
    runbooks: headingsIn(root, "docs/runbooks"),
    now,
  };
}

/** The part of a stack's settings that its program never sees; the rest of them is checked where the program reads it. */
function settingsOf(root: string, stack: string): { releases: string[]; exemptions: Exemption[] } {
  const file = `Pulumi.${stack}.yaml`;
  if (!existsSync(join(root, file))) {
    throw new FactsError(`stack ${stack}: there is no ${file}, so nothing is known of its releases and their evidence`);
  }
  const { config = {} } = (parse(readFileSync(join(root, file), "utf8")) ?? {}) as { config?: Record<string, unknown> };
  const releases = [config["mahavishnu:stable"], config["mahavishnu:candidate"]];
  return {
    releases: releases.filter((name): name is string => typeof name === "string"),
    exemptions: (config["mahavishnu:exemptions"] ?? []) as Exemption[],
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
