import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { serviceNames } from "../../ecosystem/services.ts";
import { targets } from "../../ecosystem/targets.ts";
import { readStack } from "../../infra/config/stack-file.ts";
import { captureStack } from "../../infra/graph/offline.ts";
import { UNKNOWN } from "../../infra/graph/resource.ts";
import { releaseOf, root } from "../fixtures/releases.ts";

/** What only the platform will say, or the address that an MCP client takes. */
const url = z.union([z.literal(UNKNOWN), z.string().regex(/^https?:\/\/[^/\s]+\/mcp$/)]);
const id = z.string().regex(/^(session-buddy|akosha|mahavishnu)-[0-9a-f]{10}$/);
const byService = <Schema extends z.ZodType>(schema: Schema) => z.record(z.string(), schema);

/** The contract of a stack's outputs, as the README documents it. */
const contract = z.strictObject({
  target: z.enum(targets),
  urls: byService(url),
  candidateUrls: byService(z.strictObject({ url, headers: z.record(z.string(), z.string()) })),
  revisions: byService(z.strictObject({ stable: id, candidate: id.optional() })),
  edgeAdmin: z.string().nullable(),
});

const outputsOf = async (target: (typeof targets)[number], stable?: string, candidate?: string) => {
  const releases = {
    stable: stable === undefined ? undefined : releaseOf("prod", "r1", stable),
    candidate: candidate === undefined ? undefined : releaseOf("prod", "r2", candidate),
  };
  return contract.parse((await captureStack(readStack(root, "prod"), releases, target)).outputs);
};

test("the README names each output, and no other", () => {
  const [, section = ""] = readFileSync(join(root, "README.md"), "utf8").split("### Stack outputs\n");
  const [table = ""] = section.split("\n## ");
  const rows = [...table.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
  expect(rows).toEqual(Object.keys(contract.shape));
});

describe.each(targets)("a stack's outputs on %s", (target) => {
  test("are empty before the first release", async () => {
    expect(await outputsOf(target)).toMatchObject({ target, urls: {}, candidateUrls: {}, revisions: {} });
  });

  test("give each service's URL and revision", async () => {
    const { urls, candidateUrls, revisions } = await outputsOf(target, "a");
    expect(Object.keys(urls).sort()).toEqual([...serviceNames].sort());
    expect(Object.keys(revisions).sort()).toEqual([...serviceNames].sort());
    expect(candidateUrls).toEqual({});
  });

  test("give the URL of a candidate at 0 %", async () => {
    const { candidateUrls, revisions } = await outputsOf(target, "a", "b");
    expect(Object.keys(candidateUrls).sort()).toEqual([...serviceNames].sort());
    for (const { stable, candidate } of Object.values(revisions)) {
      expect(candidate).toBeDefined();
      expect(candidate).not.toBe(stable);
    }
  });
});
