import { describe, expect, test } from "vitest";
import type { Settings } from "../../../../infra/config/schema.ts";
import { cloudRunWith, graphOf, prod } from "./fixtures.ts";

const without = cloudRunWith({ domain: undefined });
const machine = "http://singles.europe-west1-b.c.mahavishnu-prod.internal";

const outputsOf = async (settings: Settings, state: "none" | "stable" | "candidate") =>
  (await graphOf(settings, state)).outputs;

describe("the addresses of a stack on Cloud Run", () => {
  test("with a domain, by each service's name below it; the candidate by a header", async () => {
    const outputs = await outputsOf(prod, "candidate");
    const header = { headers: { "x-revision": "candidate" } };
    expect(outputs).toMatchObject({
      target: "cloud-run",
      urls: {
        "session-buddy": `${machine}:8678/mcp`,
        akosha: "https://akosha.mcp.mahavishnu.dev/mcp",
        mahavishnu: "https://mahavishnu.mcp.mahavishnu.dev/mcp",
      },
      candidateUrls: {
        "session-buddy": { url: `${machine}:18678/mcp`, headers: {} },
        akosha: { url: "https://akosha.mcp.mahavishnu.dev/mcp", ...header },
        mahavishnu: { url: "https://mahavishnu.mcp.mahavishnu.dev/mcp", ...header },
      },
      edgeAdmin: null,
    });
  });

  test("without one, by the platform's address; the candidate by its tag's", async () => {
    const outputs = await outputsOf(without, "candidate");
    expect(outputs).toMatchObject({
      urls: { akosha: "https://akosha-100000000002.europe-west1.run.app/mcp" },
      candidateUrls: {
        akosha: { url: "https://candidate---akosha-100000000002.europe-west1.run.app/mcp", headers: {} },
      },
    });
  });

  test("are empty before the first release, and have no candidate URL without a candidate", async () => {
    expect(await outputsOf(prod, "none")).toMatchObject({ urls: {}, candidateUrls: {}, revisions: {} });
    expect(await outputsOf(prod, "stable")).toMatchObject({ candidateUrls: {} });
  });
});
