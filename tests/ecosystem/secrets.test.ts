import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forms } from "../../ecosystem/secret-forms.ts";
import { secrets } from "../../ecosystem/secrets.ts";
import { services } from "../../ecosystem/services.ts";

const base64 = "q7Zr0mXxXk3vT9aJ5sYw8LhQ2nBfU6dPcEeRtGiOoKs";
const fernet = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
const google = JSON.stringify({
  type: "service_account",
  private_key: "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n",
  client_email: "backup-writer@acme.iam.gserviceaccount.com",
});
const amazon = "[default]\naws_access_key_id = AKIAIOSFODNN7\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG\n";

const cases = {
  long: {
    good: [base64, `${"0".repeat(20)}123456789abcdef`, "correct horse battery staple 9173 and so on"],
    bad: [
      "",
      base64.slice(0, 31),
      "your-32-character-secret-key-goes-here",
      "this-is-an-example-key-for-development-use-only",
      "supersecretpasswordsupersecretpassword1234",
      "changemechangemechangemechangeme",
      "CHANGE_ME_0123456789_0123456789_abcdef",
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
      "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb",
    ],
  },
  fernet: {
    good: [fernet],
    bad: [
      fernet.slice(0, -1), // without the padding
      "73".repeat(32), // hexadecimal
      "abcdefghijklmnopqrstuvwxyz012345", // 32 characters as they are
      fernet.replace("_", "/"), // the other base64
      `${fernet}\n`,
      `${fernet.slice(0, -5)}====`,
    ],
  },
  hex64: { good: ["0123456789abcdef".repeat(4), "ABCDEF01".repeat(8)], bad: ["ab".repeat(31), "xy".repeat(32), ""] },
  password: {
    good: ["Zr0mXxXk3vT9aJ5sYw8LhQ2n"],
    bad: ["Zr0mXxXk3vT9aJ5sYw8LhQ2", "Zr0mXxXk3vT9aJ5sYw8L/Q2n", "with spaces but long enough"],
  },
  pagerDuty: {
    good: ["R0123456789ABCDEF0123456789abcde"],
    bad: ["R012345", "https://events.pagerduty.com/v2/enqueue"],
  },
  webhook: {
    good: ["https://hooks.slack.com/services/T0AB12CD/B0EF34GH/q7Zr0mXk3vT9aJ5sYw8LhQ2n", "https://acme.dev/hook"],
    bad: [
      "http://hooks.slack.com/services/T0AB12CD/B0EF34GH/q7Zr0mXk3vT9aJ5sYw8LhQ2n",
      "https://example.com/hook",
      "https://hooks.example.org/hook",
      "https://localhost/hook",
      "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
      "https://hooks.slack.com/",
      "hooks.slack.com/services/a",
    ],
  },
  credentials: {
    good: [google, amazon],
    bad: [
      "",
      JSON.stringify({ type: "authorized_user", refresh_token: "1//x" }),
      JSON.stringify({ type: "service_account", client_email: "a@b" }),
      "[default]\naws_access_key_id = AKIAIOSFODNN7\n",
    ],
  },
  any: { good: ["x"], bad: [""] },
  postgresUrl: { good: ["postgresql://akosha:p@postgres:5432/akosha"], bad: ["mysql://akosha", "postgres"] },
} satisfies Record<keyof typeof forms, { good: string[]; bad: string[] }>;

describe.each(Object.entries(cases))("the form %s", (name, { good, bad }) => {
  const { holds } = forms[name as keyof typeof forms];
  test.each(good)("takes %j", (value) => expect(holds(value)).toBe(true));
  test.each(bad)("refuses %j", (value) => expect(holds(value)).toBe(false));
});

test("a random value of 32 bytes is never taken for a placeholder, whatever words chance puts into it", () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const word = fc.constantFrom("xxx", "XXX", "todo", "Todo", "dummy");
  const random = fc
    .tuple(
      bytes.map((all) => Buffer.from(all).toString("base64")),
      word,
      fc.nat(37),
    )
    .filter(([text]) => new Set(text).size >= 10)
    .map(([text, word, at]) => text.slice(0, at) + word + text.slice(at + word.length));
  fc.assert(fc.property(random, (value) => forms.long.holds(value)));
});

test("every secret that a service reads is described; the parts of derived secrets have no other use", () => {
  const read = services.flatMap((service) => Object.values(service.secrets));
  for (const name of read) expect(secrets).toHaveProperty(name);
  const derived = Object.entries(secrets).filter(([, { origin }]) => origin === "derived");
  for (const [name] of derived) expect(read).toContain(name);
});
