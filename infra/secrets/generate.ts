import { randomBytes, randomInt } from "node:crypto";
import { type Form, forms } from "../../ecosystem/secret-forms.ts";
import { type Secret, secretNamed } from "../../ecosystem/secrets.ts";

/** A new value in the secret's valid format. Throws for a secret that the operator must provide. */
export function generate(name: Secret): string {
  const { origin, form } = secretNamed(name);
  const make = makers.get(form);
  if (origin !== "generated" || !make) throw new Error(`${name} cannot be generated`);
  // a random value may look like a placeholder
  for (;;) {
    const value = make();
    if (form.holds(value)) return value;
  }
}

/** 256 bits each; 190 where only letters and digits are allowed. */
const makers = new Map<Form, () => string>([
  [forms.long, () => randomBytes(32).toString("hex")],
  [forms.hex64, () => randomBytes(32).toString("hex")],
  // Node omits base64url padding, which Fernet requires
  [forms.fernet, () => `${randomBytes(32).toString("base64url")}=`],
  [forms.password, () => Array.from({ length: 32 }, () => alphanumeric[randomInt(alphanumeric.length)]).join("")],
]);

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
