import { expect, test } from "vitest";
import { settingsOn } from "../../infra/config/settings.ts";
import { readStack } from "../../infra/config/stack-file.ts";
import { trafficPlace } from "../../infra/traffic-place.ts";
import { modulesLoadedFor } from "../fixtures/modules.ts";
import { root } from "../fixtures/releases.ts";

const { settings } = readStack(root, "prod");
const services = { akosha: { stable: "akosha-1", candidate: "akosha-2" } };

test.each([
  ["cloud-run", { project: "mahavishnu-prod", region: "europe-west1", stable: { akosha: "akosha-1" } }],
  ["compose", { host: "ssh://deploy@mcp.mahavishnu.dev", container: "mahavishnu-prod-edge", folder: "/var/lib/edge" }],
  ["kubernetes", { context: "mahavishnu-prod", namespace: "mahavishnu-prod", configMap: "edge-traffic" }],
] as const)("the traffic of prod on %s is found by its settings", (target, place) => {
  const on = settingsOn(settings, target, "Pulumi.prod.yaml");
  expect(trafficPlace({ stack: "prod", settings: on, services })).toEqual({ target, ...place });
});

test("finding and reading it loads no engine, and no platform's client before it is asked", async () => {
  const loaded = await modulesLoadedFor("infra/traffic-place.ts", "promotion/platforms/traffic-state.ts");
  expect(loaded.some((url) => url.endsWith("/infra/traffic-place.ts"))).toBe(true);
  expect(loaded.filter((url) => /@pulumi|@kubernetes|google-auth-library/.test(url))).toEqual([]);
});

test("its place is plain data: it knows neither the engine nor the promotion", async () => {
  const loaded = await modulesLoadedFor("infra/traffic-place.ts");
  expect(loaded.filter((url) => /@pulumi|\/promotion\//.test(url))).toEqual([]);
});
