import { expect, test } from "vitest";
import { readStack } from "../../../infra/config/stack-file.ts";
import { captureStack } from "../../../infra/graph/offline.ts";
import { projectScope } from "../../../infra/targets/cloud-run/alerts/scope.ts";
import { hostScope } from "../../../infra/targets/compose/alerts/scope.ts";
import { releaseOf, root } from "../../fixtures/releases.ts";
import { backedOn } from "../backups/fixtures.ts";

test("alerts cover the stores in the backups, and the services where they run", () => {
  const all = ["settings", "akosha-database", "mahavishnu-database", "session-buddy"];
  expect(hostScope(backedOn("prod", "compose")).stores).toEqual([...all, "akosha", "check", "vault"]);
  const { stores, singletons, stateless } = projectScope(backedOn("prod", "cloud-run"));
  expect(stores.map(({ store }) => store)).toEqual([...all, "check", "vault"]);
  expect({ singletons, stateless }).toEqual({ singletons: ["session-buddy"], stateless: true });
});

test("on a Docker host the stack's Prometheus alerts on each missing store", async () => {
  const releases = { stable: releaseOf("prod", "r1", "a"), candidate: undefined };
  const { resources } = await captureStack(readStack(root, "prod"), releases, "compose");
  const written = JSON.stringify(resources.filter(({ name }) => name === "prometheus").map(({ inputs }) => inputs));
  for (const store of hostScope(backedOn("prod", "compose")).stores) {
    expect(written).toMatch(
      new RegExp(`absent\\(mahavishnu_backup_last_success_timestamp_seconds\\{store=[^a-z]*"${store}`),
    );
  }
});
