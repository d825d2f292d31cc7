import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { suitesBelow } from "./tests/fixtures/suites.ts";

const suites = suitesBelow(join(import.meta.dirname, "tests"));
const below = (paths: string[]) => paths.map((path) => `tests/${path}`);

export default defineConfig({
  test: {
    reporters: ["./tests/fixtures/reporter.ts"],
    globalSetup: ["tests/fixtures/setup.ts"],
    // the programs that suites start are compiled once, not at each start
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/node") },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: "processes",
          include: below(suites.processes),
          // one more than two cores: these suites wait more than they compute
          maxWorkers: 3,
          // each of the tests that run side by side starts a whole rehearsal
          maxConcurrency: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "pure",
          include: below(suites.pure),
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
