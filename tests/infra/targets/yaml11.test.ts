import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { composeFile, asYaml as describedAsYaml, descriptionOf } from "../../../infra/targets/compose/compose-file.ts";
import { asYaml, manifestsOf } from "../../../infra/targets/kubernetes/manifests.ts";
import { yaml11 } from "../../../infra/targets/yaml11.ts";
import { root } from "../../fixtures/releases.ts";
import { describeWith } from "../../fixtures/tools.ts";

const own = join(root, ".tools/pyyaml/bin/python");
const python = (program: string, input: string) =>
  execFileSync(existsSync(own) ? own : "python3", ["-c", program], {
    input,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: "pipe",
  });

const pyYaml = {
  name: "python3 with PyYAML",
  get there() {
    try {
      return python("import yaml", "") === "";
    } catch {
      return false;
    }
  },
};

/** What PyYAML reads, each document of each text, with everything that JSON does not know as a word for it. */
const READ = `
import json, sys, yaml
texts = json.load(sys.stdin)
print(json.dumps([list(yaml.safe_load_all(text)) for text in texts], default=lambda value: "<" + type(value).__name__ + ">"))
`;
const readByPython = (texts: string[]): unknown[][] => JSON.parse(python(READ, JSON.stringify(texts)));

/** What a YAML 1.1 reader takes for something other than a string, or for the beginning of something. */
const words = [
  ...["=", "<<", "~", "null", "Null", "yes", "No", "on", "Off", "y", "N", "true", "TRUE"],
  ...[
    "1:20",
    "1:20:30",
    "-1:2.5",
    "190:20:30",
    "0:0",
    "2024-01-01",
    "2024-01-01 10:00:00",
    "2001-12-14t21:59:43.1-05:00",
  ],
  ...["0b11", "010", "08", "0o14", "0x1F", "1_000", "1e5", "1e+5", "1.5e+5", ".5", "1.", "+1", ".inf", "-.INF", ".NaN"],
  ...["", " a", "a ", "\t", "\ta", "a\tb", "a\n\tb", "a: b", "a:", "a #b", "#", "- a", "-", "---", "...", "? a", "? "],
  ...[
    "!x",
    "&a",
    "*a",
    "@a",
    "`a",
    "%a",
    "{a",
    "[a",
    "|",
    ">",
    "'",
    '"',
    "\u0085",
    "\u2028",
    "\ufeff",
    "\u007f",
    "😀",
    "a\n\u0085\nb",
  ],
];

describeWith([pyYaml], "YAML 1.1 as a real reader of it reads it", { timeout: 60_000 }, () => {
  test("whatever a string looks like, it stays that string, as a value and as a key", () => {
    const values = Object.fromEntries(words.map((word, i) => [`k${i}`, word]));
    const keys = Object.fromEntries(words.map((word, i) => [word, i]));
    expect(readByPython([values, keys, { words }].map(yaml11))).toEqual([[values], [keys], [{ words }]]);
  });

  test("any value comes back as it was", () => {
    const text = fc.oneof(
      fc.constantFrom(...words),
      fc.string({ unit: fc.constantFrom(..."=:-.+_~#<>!|&*?%@'\"\\ \t\n019ebxyn,[]{}") }),
      fc.string({ unit: "grapheme" }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        ...[text, fc.integer(), fc.boolean(), fc.constant(null)],
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(
          text.filter((key) => key !== "__proto__"),
          tie("value"),
          { maxKeys: 4, noNullPrototype: true },
        ),
      ),
    }));
    // one Python for all of a run's values
    const all = fc.sample(fc.record({ value }), { numRuns: 2000, seed: 20261130 });
    expect(readByPython(all.map(yaml11))).toEqual(all.map((one) => [one]));
  });

  test("maha manifests and maha compose say the same in YAML as in JSON", async () => {
    const manifests = await manifestsOf(root, "prod");
    manifests.objects.push({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "equals" }, data: { sign: "=" } });
    const description = descriptionOf(root, "local");
    const [objects, [compose] = []] = readByPython([asYaml(manifests), describedAsYaml(description)]);
    expect(objects?.filter(Boolean)).toEqual(JSON.parse(JSON.stringify(manifests.objects)));
    expect(compose).toEqual(JSON.parse(JSON.stringify(composeFile(description))));
  });
});

test("a bare equals sign and a clock time are quoted, plain words are not", () => {
  const value = { sign: "=", time: "1:20", answer: "no", image: "a/b:1.2@sha256:0", text: "a\nb\n" };
  expect(yaml11(value)).toBe('sign: "="\ntime: "1:20"\nanswer: "no"\nimage: a/b:1.2@sha256:0\ntext: |\n  a\n  b\n');
  expect(parse(yaml11(value), { version: "1.1" })).toEqual(value);
});
