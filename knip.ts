import type { KnipConfig } from "knip";

// `knip --production` looks at what runs without the tests: there, code that only tests call is unused
const production = process.argv.includes("--production");

export default {
  entry: [
    "infra/preload.js!",
    "promotion/agent/main.ts!",
    "ecosystem/services/*.ts!",
    "policies/pack.js!",
    // what the other rooms and the tests may use of the statistics
    "promotion/evidence/index.ts!",
    "rehearsal/*-process.ts!",
    "scripts/*.{js,ts}!",
    "tests/**/*.test.ts",
    "tests/reference-server/main.ts",
    "tests/rehearsal/faulty-server.ts",
    "tests/fixtures/docker/program.ts",
    "tests/fixtures/tree/look.js",
    "tests/fixtures/pulumi/stand-in.ts",
  ],
  project: ["**/*.{ts,js}!", "!tests/**!", "!bench/**!", "!scripts/golden.ts!", "!tests/golden/**"],
  // a function that its own file uses may be exported for its test
  ignoreExportsUsedInFile: production ? true : { interface: true, type: true },
  ignoreBinaries: ["restic", "initdb", "postgres", "psql", "pg_restore", "systemd-analyze"],
  ignoreDependencies: ["everything-stable", "everything-candidate"],
} satisfies KnipConfig;
