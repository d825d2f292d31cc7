import { type Secret, secrets } from "../../ecosystem/secrets.ts";
import { services } from "../../ecosystem/services.ts";
import type { Target } from "../../ecosystem/targets.ts";
import { databasePassword } from "../backups/jobs.ts";
import type { SettingsOn } from "../config/schema.ts";
import { databaseOf, databaseUrl } from "../release/addresses.ts";

/** How a secret is derived from another one. */
export type Derived = { from: Secret; filled(value: string): string };

/**
 * How a secret is derived where the address of its service's database is known in advance. `filled` takes the password,
 * or a placeholder for output that people read. Undefined for secrets that are generated or given.
 */
export function derivedSecret(name: Secret, settings: SettingsOn<Exclude<Target, "cloud-run">>): Derived | undefined {
  if (secrets[name].origin !== "derived") return undefined;
  const service = services.find(({ secrets }) => Object.values(secrets).includes(name));
  const from = service && databasePassword[service.name];
  if (!from) throw new Error(`${name}: no rule says how to derive this secret`);
  const database = databaseOf(service.name, settings);
  return { from, filled: (password) => databaseUrl(database, database.host, password) };
}

/** Templates of the derived secrets among `names`; `<name>` is a placeholder for another secret's value. */
export function templatesOf(names: Iterable<Secret>, settings: SettingsOn<Exclude<Target, "cloud-run">>): Templates {
  const templates = [...names].flatMap((name) => {
    const derived = derivedSecret(name, settings);
    return derived ? [[name, derived.filled(`<${derived.from}>`)] as const] : [];
  });
  return Object.fromEntries(templates);
}

export type Templates = Readonly<Partial<Record<Secret, string>>>;
