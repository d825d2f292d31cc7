import { expect, test } from "vitest";
import type { Secret } from "../../../ecosystem/secrets.ts";
import { generate } from "../../../infra/secrets/generate.ts";
import { exitCodeOf, judgeSecrets, type Known } from "../../../infra/secrets/judge.ts";

const today = new Date("2026-11-25T09:00:00Z");
const token = generate("akosha-api-token");
const key = generate("session-encryption-key");

const judge = (name: Secret, known: Partial<Known>) =>
  judgeSecrets([name], { stack: "prod", set: [name], dates: {}, today, ...known })[0];

test.each([
  [
    "set today and well-formed",
    { values: { "akosha-api-token": token }, dates: { "akosha-api-token": "2026-11-25" } },
    "ok",
    0,
  ],
  [
    "on its last good day",
    { values: { "akosha-api-token": token }, dates: { "akosha-api-token": "2026-08-27" } },
    "ok",
    90,
  ],
  ["past its time", { values: { "akosha-api-token": token }, dates: { "akosha-api-token": "2026-08-26" } }, "due", 91],
  [
    "of a form that its reader refuses",
    { values: { "akosha-api-token": "short" }, dates: { "akosha-api-token": "2026-11-25" } },
    "malformed",
    0,
  ],
  ["set, but not in what was decrypted", { values: {}, dates: { "akosha-api-token": "2026-11-25" } }, "malformed", 0],
  ["set since nobody knows when", { values: { "akosha-api-token": token } }, "undated", null],
  ["set, but nobody can decrypt it here", { dates: { "akosha-api-token": "2026-11-25" } }, "unchecked", 0],
  ["not set", { set: [], dates: { "akosha-api-token": "2026-11-25" } }, "missing", null],
] as const)("%s", (_, known, verdict, ageDays) => {
  expect(judge("akosha-api-token", known)).toMatchObject({ verdict, ageDays });
});

test("an irreplaceable secret is kept past its due date, with the reason", () => {
  const dates = { "session-encryption-key": "2026-01-01" };
  const judged = judge("session-encryption-key", { values: { "session-encryption-key": key }, dates });
  expect(judged).toMatchObject({ verdict: "kept", ageDays: 328 });
  expect(judged?.remedy).toContain("Re-encrypt all data");
  // a malformed one cannot have encrypted anything, but what replaces it is somebody's choice
  expect(judge("session-encryption-key", { values: { "session-encryption-key": "raw" }, dates })?.remedy).toBe(
    `must be a Fernet key: URL-safe base64 of exactly 32 bytes, 44 characters ending in =: pulumi config set --secret --path 'mahavishnu:secrets["session-encryption-key"]' --stack prod`,
  );
});

test("every remedy is a working command, and none contains the value", () => {
  expect(judge("akosha-api-token", { set: [] })?.remedy).toBe("npx maha secrets init --stack prod");
  expect(judge("slack-webhook-url", { set: [] })?.remedy).toBe(
    `pulumi config set --secret --path 'mahavishnu:secrets["slack-webhook-url"]' --stack prod`,
  );
  const wrong = judge("akosha-api-token", { values: { "akosha-api-token": "hunter2" } });
  expect(wrong?.remedy).toBe(
    "must be 64 hexadecimal digits: npx maha secrets init --stack prod --rotate akosha-api-token",
  );
  expect(JSON.stringify(wrong)).not.toContain("hunter2");
  const due = { values: { "akosha-api-token": token }, dates: { "akosha-api-token": "2025-01-01" } };
  expect(judge("akosha-api-token", due)?.remedy).toBe("npx maha secrets init --stack prod --rotate akosha-api-token");
});

test.each([
  [["ok", "kept"], 0],
  [["ok", "due"], 2],
  [["ok", "undated"], 2],
  [["unchecked"], 2],
  [["due", "missing"], 1],
  [["malformed", "ok"], 1],
] as const)("%j comes to exit code %i", (verdicts, code) => {
  const judged = verdicts.map((verdict) => ({
    ...judgeSecrets(["auth-secret"], { stack: "s", set: [], dates: {}, today })[0],
    verdict,
  }));
  expect(exitCodeOf(judged as Parameters<typeof exitCodeOf>[0])).toBe(code);
});
