import { expect, test } from "vitest";
import { routes } from "../../../../edge/routes.ts";
import { type EdgeSettings, type Position, restingPosition } from "../../../../edge/settings.ts";
import type { Admin } from "../../../../promotion/platforms/envoy-files/admin.ts";
import { bringInForce, createEdge } from "../../../../promotion/platforms/envoy-files/inforce.ts";
import { temporaryFolder } from "../../../fixtures/envoy.ts";

const at = (port: number) => ({ address: "127.0.0.1", port });

async function folderOfEdge(): Promise<EdgeSettings> {
  const settings = {
    folder: await temporaryFolder(),
    services: [
      {
        name: "echo",
        listen: at(8000),
        stable: { id: "echo-1", endpoints: [at(9001)] },
        candidate: { id: "echo-2", endpoints: [at(9002)] },
      },
    ],
  };
  await createEdge(settings);
  return settings;
}

/** An Envoy that stays at a position whatever its files say, and rejects as often as `rejects` tells. */
function stubborn({ services }: EdgeSettings, position: Position, rejects: () => number): Admin {
  const status = (name: string, port: number) => ({
    name,
    added_via_api: true,
    host_statuses: [
      {
        address: { socket_address: { address: "127.0.0.1", port_value: port } },
        health_status: { eds_health_status: "HEALTHY" },
      },
    ],
  });
  return {
    async get(path) {
      if (path.startsWith("/clusters"))
        return JSON.stringify({
          cluster_statuses: [
            status("echo-1", 9001),
            status("echo-1-sessions", 9001),
            status("echo-2", 9002),
            status("echo-2-sessions", 9002),
          ],
        });
      if (path.startsWith("/stats"))
        return JSON.stringify({
          stats: [
            { name: "http.echo.rds.echo.update_rejected", value: rejects() },
            { name: "listener_manager.lds.update_rejected", value: 0 },
          ],
        });
      if (path.includes("dynamic_listeners"))
        return JSON.stringify({ configs: services.map(({ name }) => ({ name, active_state: { listener: {} } })) });
      return JSON.stringify({ configs: services.map((service) => ({ route_config: routes(service, position) })) });
    },
  };
}

function fastClock() {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
}

test("a rejected file is reported at once, with the wanted state and the one in force", async () => {
  const settings = await folderOfEdge();
  let rejected = 0;
  const clock = fastClock();
  const admin = stubborn(settings, { ...restingPosition, share: 10 }, () => rejected++);
  await expect(bringInForce({ settings, position: { ...restingPosition, share: 25 } }, admin, clock)).rejects.toThrow(
    /did not apply the routes: wanted \[\["echo","25 %"\]\], in force \[\["echo","10 %"\]\]\. Envoy rejected the file \(http\.echo\.rds\.echo\.update_rejected\).*its log says why/,
  );
  expect(clock.now()).toBeLessThan(100);
});

test("an Envoy that does not follow is waited for five seconds", async () => {
  const settings = await folderOfEdge();
  const clock = fastClock();
  const admin = stubborn(settings, { ...restingPosition, share: 10 }, () => 3);
  await expect(bringInForce({ settings, position: { ...restingPosition, share: 25 } }, admin, clock)).rejects.toThrow(
    "Envoy rejected nothing in 5 s",
  );
  expect(clock.now()).toBe(5000);
});

test("the right share by other routes is not taken for the position", async () => {
  const settings = await folderOfEdge();
  const admin = stubborn(settings, { ...restingPosition, retired: ["echo-2"] }, () => 0);
  await expect(bringInForce({ settings, position: restingPosition }, admin, fastClock())).rejects.toThrow(
    'in force [["echo","0 %, but other routes"]]',
  );
});
