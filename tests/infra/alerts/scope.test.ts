import { expect, test } from "vitest";
import { scopeOf } from "../../../infra/alerts/scope.ts";
import { readStack } from "../../../infra/config/stack-file.ts";
import { captureStack } from "../../../infra/graph/offline.ts";
import { releaseOf, root } from "../../fixtures/releases.ts";
import { backedOn } from "../backups/fixtures.ts";

test("what is watched are the stores that the backups name, and the services where they run", () => {
  const all = ["settings", "akosha-database", "mahavishnu-database", "session-buddy"];
  expect(scopeOf.compose(backedOn("prod", "compose")).stores).toEqual([...all, "akosha", "check", "vault"]);
  const { stores, singles, stateless } = scopeOf["cloud-run"](backedOn("prod", "cloud-run"));
  expect(stores.map(({ store }) => store)).toEqual([...all, "check", "vault"]);
  expect({ singles, stateless }).toEqual({ singles: ["session-buddy"], stateless: true });
});

test("on a Docker host each of its stores is missed by the stack's own Prometheus", async () => {
  const releases = { stable: releaseOf("prod", "r1", "a"), candidate: undefined };
  const { resources } = await captureStack(readStack(root, "prod"), releases, "compose");
  const written = JSON.stringify(resources.filter(({ name }) => name === "prometheus").map(({ inputs }) => inputs));
  for (const store of scopeOf.compose(backedOn("prod", "compose")).stores) {
    expect(written).toMatch(
      new RegExp(`absent\\(mahavishnu_backup_last_success_timestamp_seconds\\{store=[^a-z]*"${store}`),
    );
  }
});
