import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";

/** One call of the double: its arguments, and what it read on standard input. */
export type Call = { args: string[]; stdin: string };

/** A double of the pulumi CLI, as a folder for PATH. It writes down what it is called with and answers as it was told. */
export type PulumiDouble = {
  bin: string;
  calls(): Call[];
  /** What it says from now on: on standard output, or with an exit code on standard error, where `{}` is what it read. */
  answers(answer: { output: string } | { complaint: string; code: number }): void;
};

export function pulumiDouble({ onTestFinished }: Pick<TestContext, "onTestFinished">): PulumiDouble {
  const bin = mkdtempSync(join(tmpdir(), "pulumi-double-"));
  onTestFinished(() => rmSync(bin, { recursive: true, force: true }));
  const [record, program] = [join(bin, "record"), join(bin, "pulumi")];
  const double: PulumiDouble = {
    bin,
    calls() {
      if (!existsSync(record)) return [];
      const calls = readFileSync(record, "utf8").split("\x01").slice(0, -1);
      return calls.map((call) => {
        const parts = call.split("\0");
        return { args: parts.slice(0, -1), stdin: parts.at(-1) ?? "" };
      });
    },
    answers(answer) {
      const words = "output" in answer ? answer.output : answer.complaint;
      writeFileSync(join(bin, "words"), words);
      const says = "output" in answer ? "cat" : 'sed "s|{}|$stdin|"';
      const end = "output" in answer ? "" : ` >&2; exit ${answer.code}`;
      writeFileSync(
        program,
        [
          "#!/bin/sh",
          "PATH=/usr/bin:/bin",
          "stdin=$(cat)",
          `{ printf '%s\\0' "$@"; printf '%s\\001' "$stdin"; } >>'${record}'`,
          `${says} '${join(bin, "words")}'${end}`,
          "",
        ].join("\n"),
      );
      chmodSync(program, 0o755);
    },
  };
  double.answers({ output: "" });
  return double;
}
