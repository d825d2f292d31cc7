import { type Secret, secrets } from "../../ecosystem/secrets.ts";
import { services } from "../../ecosystem/services.ts";
import type { Target } from "../../ecosystem/targets.ts";
import { databasePassword } from "../backups/jobs.ts";
import type { SettingsOn } from "../config/schema.ts";
import { databaseOf, databaseUrl } from "../release/addresses.ts";

/** What a secret that nobody makes is put together from. */
export type Derived = { from: Secret; filled(value: string): string };

/**
 * How a secret is put together where the address of its service's database is known beforehand: the program fills in the
 * password itself, what is printed for people its name. Nothing for those that are made or given.
 */
export function derivedSecret(name: Secret, settings: SettingsOn<Exclude<Target, "cloud-run">>): Derived | undefined {
  if (secrets[name].origin !== "derived") return undefined;
  const service = services.find(({ secrets }) => Object.values(secrets).includes(name));
  const from = service && databasePassword[service.name];
  if (!from) throw new Error(`${name}: nobody says how this secret is put together`);
  const database = databaseOf(service.name, settings);
  return { from, filled: (password) => databaseUrl(database, database.host, password) };
}

/** The same in text, by secret, for those of some that are put together: `<name>` stands for the value of another one. */
export function templatesOf(names: Iterable<Secret>, settings: SettingsOn<Exclude<Target, "cloud-run">>): Templates {
  const templates = [...names].flatMap((name) => {
    const derived = derivedSecret(name, settings);
    return derived ? [[name, derived.filled(`<${derived.from}>`)] as const] : [];
  });
  return Object.fromEntries(templates);
}

export type Templates = Readonly<Partial<Record<Secret, string>>>;
