import { randomBytes, randomInt } from "node:crypto";
import { type Form, forms, type Secret, secrets } from "../../ecosystem/secrets.ts";

/** A new value of a secret that we make ourselves, in its valid form. Throws for one that somebody must give. */
export function generate(name: Secret): string {
  const { origin, form } = secrets[name];
  const make = makers.get(form);
  if (origin !== "generated" || !make) throw new Error(`${name} is not one that we make`);
  // chance may come up with what looks like a placeholder: the form has the last word
  for (;;) {
    const value = make();
    if (form.holds(value)) return value;
  }
}

/** 256 bits each, or 190 where it must be letters and digits. */
const makers = new Map<Form, () => string>([
  [forms.long, () => randomBytes(32).toString("hex")],
  [forms.hex64, () => randomBytes(32).toString("hex")],
  // Node leaves out base64url's padding, which Fernet asks for
  [forms.fernet, () => `${randomBytes(32).toString("base64url")}=`],
  [forms.password, () => Array.from({ length: 32 }, () => alphanumeric[randomInt(alphanumeric.length)]).join("")],
]);

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
