import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { images } from "../../ecosystem/images.ts";
import { postgresVersions } from "../../ecosystem/postgres.ts";
import { root } from "../fixtures/releases.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const { oldest, newest } = postgresVersions;

test("the backups' client is as new as the newest server that is promised, and the promise is the same everywhere", () => {
  expect(read("images/backup/Dockerfile")).toContain(` postgresql-client-${newest} `);
  expect(read("docs/deploying.md")).toContain(`PostgreSQL ${oldest} to ${newest} with pgvector`);
  expect(read("docs/reference/settings.md")).toContain(`version ${oldest} to ${newest}, with pgvector`);
});

test("the servers that a stack makes itself are within it", () => {
  const own = [
    /:pg(\d+)@/.exec(images.postgres)?.[1],
    /"POSTGRES_(\d+)"/.exec(read("infra/targets/cloud-run/database.ts"))?.[1],
  ].map(Number);
  for (const version of own) {
    expect(version).toBeGreaterThanOrEqual(oldest);
    expect(version).toBeLessThanOrEqual(newest);
  }
});
