import { describe, expect, test } from "vitest";
import {
  candidateNames,
  commonestKind,
  kindsInWords,
  outcomesInWords,
  revisionName,
  sampleInWords,
} from "../../promotion/wording.ts";
import { counts, testPlan } from "./fixtures.ts";

const revisions = {
  service: "everything",
  stable: "everything-1a",
  candidate: "everything-2b",
  versions: { stable: "2026.8.18", candidate: "2026.8.31" },
};

test("a revision is called by its version, and by its id only where none is known", () => {
  expect(revisionName(revisions, "candidate")).toBe("everything 2026.8.31 (everything-2b)");
  const { versions, ...unnamed } = revisions;
  expect(revisionName(unnamed, "stable")).toBe("everything-1a");
  const stays = { service: "akosha", stable: "akosha-1", candidate: "akosha-1" };
  const begun = { event: "begun", format: 2, at: 0, id: "p", plan: testPlan, revisions: [revisions, stays] } as const;
  expect(candidateNames({ ...begun, revisions: [...begun.revisions] })).toBe("everything 2026.8.31 (everything-2b)");
});

describe("kinds", () => {
  const kinds = { "JSON-RPC error": 127, "403 from the server": 765, "connection refused": 0 };
  test("are named with the most common first, which is counted among all requests", () => {
    expect(commonestKind(kinds, 1892)).toBe("403 from the server, 765 of 1,892 requests");
    expect(kindsInWords(kinds)).toBe("403 from the server: 765 (85.8 %), JSON-RPC error: 127 (14.2 %)");
  });
  test("that did not happen are not named", () => {
    expect(commonestKind({}, 10)).toBeNull();
    expect(commonestKind({ "connection refused": 0 }, 10)).toBeNull();
    expect(kindsInWords({ "connection refused": 0 })).toBe("");
  });
});

test("outcomes leave out what did not happen, except failures", () => {
  expect(outcomesInWords(counts({ requests: 1540 }))).toBe("0 of 1,540 failed");
  expect(outcomesInWords(counts({ requests: 540, failures: 3, refused: 12, slow: 1, toolErrors: 2 }))).toBe(
    "3 of 540 failed, 12 refused, 1 slow, 2 with tool errors",
  );
});

test("a sample shows time, kind, call and origin", () => {
  const sample = {
    at: Date.UTC(2026, 0, 1, 14, 3, 12),
    service: "mahavishnu",
    role: "candidate",
    probe: false,
    kind: "JSON-RPC error",
    code: 200,
    flags: null,
    rpcCode: -32601,
    method: "tools/call",
    tool: "search",
    client: "7",
  } as const;
  expect(sampleInWords(sample, [])).toBe(
    "14:03:12Z JSON-RPC error (200, -32601), tools/call of search, client 7, mahavishnu (candidate)",
  );
  const known = [{ ...revisions, service: "mahavishnu" }];
  const probe = { ...sample, probe: true, method: "", tool: "", kind: "503 from the server", code: 503, rpcCode: null };
  expect(sampleInWords(probe, known)).toBe(
    "14:03:12Z 503 from the server, client 7, mahavishnu 2026.8.31 (candidate), probe",
  );
});
