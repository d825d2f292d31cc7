import { expect, test } from "vitest";
import { type Secret, secretNamed } from "../../../ecosystem/secrets.ts";
import { type Before, initSecrets, RotationError, rotateSecret } from "../../../infra/secrets/init.ts";

/** A stack whose settings are in memory; `did` is what was done with them, in order. */
function stackWith(set: Partial<Record<Secret, string>>, dates: Before["dates"] = {}) {
  const values = { ...set };
  const did: string[] = [];
  const before: Before = {
    stack: "prod",
    required: ["auth-secret", "restic-password", "session-encryption-key", "slack-webhook-url"],
    set: Object.keys(set),
    dates,
    today: new Date("2026-11-25T23:59:00Z"),
    config: {
      async set(name, value) {
        did.push(`set ${name}`);
        values[name] = value;
      },
      ask: async (name) => void did.push(`ask ${name}`),
      date: async (names, day) => void did.push(`date ${names.join(" ")} ${day}`),
      values: async () => values,
    },
  };
  return { before, values, did };
}

test("missing secrets of ours are generated in their format, others are requested; dates come last", async () => {
  const { before, values, did } = stackWith({});
  const { made, dated, given } = await initSecrets(before);
  expect(made).toEqual(["auth-secret", "restic-password", "session-encryption-key"]);
  expect(dated).toEqual([]);
  expect(given).toEqual([
    {
      name: "slack-webhook-url",
      purpose: "notifies the team's channel",
      command: `pulumi config set --secret --path 'mahavishnu:secrets["slack-webhook-url"]' --stack prod`,
    },
  ]);
  for (const name of made) expect(secretNamed(name).form.holds(values[name] ?? ""), name).toBe(true);
  expect(did).toEqual([...made.map((name) => `set ${name}`), `date ${made.join(" ")} 2026-11-25`]);
});

test("existing secrets are not changed, not even malformed ones; a missing date is recorded", async () => {
  const { before, values, did } = stackWith(
    { "auth-secret": "short", "slack-webhook-url": "https://hooks.acme.dev/1", "restic-password": "old" },
    { "restic-password": "2026-01-01" },
  );
  const { made, dated, given } = await initSecrets(before);
  expect({ made, dated, given }).toEqual({
    made: ["session-encryption-key"],
    dated: ["auth-secret", "slack-webhook-url"],
    given: [],
  });
  expect(values).toMatchObject({ "auth-secret": "short", "restic-password": "old" });
  expect(did.at(-1)).toBe("date session-encryption-key auth-secret slack-webhook-url 2026-11-25");
});

test("a rotation regenerates a secret of ours, prompts for a given one, and records the date", async () => {
  const { before, values, did } = stackWith({ "auth-secret": "old", "slack-webhook-url": "old" });
  await rotateSecret("auth-secret", before);
  expect(secretNamed("auth-secret").form.holds(values["auth-secret"] ?? "")).toBe(true);
  await rotateSecret("slack-webhook-url", before);
  expect(values["slack-webhook-url"]).toBe("old");
  expect(did).toEqual([
    "set auth-secret",
    "date auth-secret 2026-11-25",
    "ask slack-webhook-url",
    "date slack-webhook-url 2026-11-25",
  ]);
});

test.each([
  ["session-encryption-key", "replacing it would lose data: session-buddy accepts only one key"],
  ["restic-password", "replacing it would lose data: existing backups can only be opened with the old password"],
  ["akosha-database-url", "it is derived from a password; rotate that"],
  ["auth-secret", "it is not set. Set it first: npx maha secrets init --stack prod"],
  ["nothing", "no such secret. Secrets: session-encryption-key, "],
])("a rotation of %s is refused before anything changes", async (name, reason) => {
  const { before, did } = stackWith({ "session-encryption-key": "old", "restic-password": "old" });
  const refusal = rotateSecret(name, before);
  await expect(refusal).rejects.toThrow(RotationError);
  await expect(refusal).rejects.toThrow(`--rotate ${name}: ${reason}`);
  expect(did).toEqual([]);
});
