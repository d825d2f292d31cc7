import type { Secret } from "../../ecosystem/secrets.ts";
import { databaseName } from "../names.ts";
import { DATABASE_HOST, databaseUrl } from "../release/addresses.ts";
import { ReleaseError } from "../release/release.ts";
import type { Revision } from "../release/revision.ts";

/** How a secret is derived from another one. */
type Derived = { from: Secret; filled(value: string): string };

/**
 * The derived secrets that revisions read: each is a database URL with its role's password. `filled` takes the password, or
 * a placeholder for output that people read. Throws a ReleaseError if two revisions need different values of one secret.
 */
export function derivedSecrets(revisions: Iterable<Revision>): ReadonlyMap<Secret, Derived> {
  const derived = new Map<Secret, Derived>();
  for (const { id, database } of revisions) {
    if (!database?.url) continue;
    const { url, password, host } = database;
    const how = {
      from: password,
      filled: (value: string) => databaseUrl(database, host === DATABASE_HOST ? databaseName : host, value),
    };
    const other = derived.get(url);
    if (other && other.filled("") !== how.filled("")) {
      throw new ReleaseError(
        `${id}: its database is ${how.filled("***")}, and the other revision of its service has ${other.filled("***")}: one secret cannot lead to both. Name the release as stable instead of candidate`,
      );
    }
    derived.set(url, how);
  }
  return derived;
}

/** Templates of the derived secrets; `<name>` is a placeholder for another secret's value. */
export const templatesOf = (revisions: Iterable<Revision>): Templates =>
  Object.fromEntries([...derivedSecrets(revisions)].map(([name, { from, filled }]) => [name, filled(`<${from}>`)]));

export type Templates = Readonly<Record<Secret, string>>;
