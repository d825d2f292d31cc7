import { join } from "node:path";
import { users } from "../../load/users.ts";
import { createEdge } from "../../promotion/platforms/envoy-files/inforce.ts";
import { findEnvoy } from "../../rehearsal/envoy.ts";
import { freePort } from "../../rehearsal/port.ts";
import { raise } from "../../rehearsal/stage.ts";
import { defaultWorkload } from "../../rehearsal/workload.ts";

// A whole rehearsal's processes, without the rehearsal: `node stage-main.ts FOLDER` prints "up" when users have been served, and waits.
const [folder = "."] = process.argv.slice(2);
const workload = defaultWorkload();
const stage = await raise({ workload, folder, fault: null, seed: 1, say: () => {} });
const binary = await findEnvoy({ toolsFolder: join(import.meta.dirname, "..", "..", ".tools"), say: () => {} });
const services = await Promise.all(
  stage.services.map(async ({ name, stable }) => ({
    name,
    listen: { address: "127.0.0.1", port: await freePort() },
    stable: { id: stable.id, endpoints: [{ address: stable.address, port: stable.port }] },
  })),
);
const edge = join(folder, "edge");
await createEdge({ folder: edge, services });
await stage.runEnvoy(binary, edge);
const crowd = await users({
  services: services.flatMap(({ name, listen, stable }) => {
    const service = workload.services.find((service) => service.name === name);
    const preview = { stable: {}, candidate: {} };
    return service ? [{ ...service, url: `http://127.0.0.1:${listen.port}`, stable: stable.id, preview }] : [];
  }),
  rps: 20,
  seed: 1,
});
while ((await crowd.tally()).sessions === 0) await new Promise((resolve) => setTimeout(resolve, 50));
console.log("up");
