import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // two cores: more workers would only make the suites with real processes slower
    maxWorkers: 2,
    // each of the tests that run side by side starts a whole rehearsal
    maxConcurrency: 3,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    globalSetup: ["tests/fixtures/setup.ts"],
  },
});
