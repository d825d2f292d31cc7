import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { edgePaths, FILES } from "../../../../edge/paths.ts";
import { restingPosition } from "../../../../edge/settings.ts";
import { systemClock } from "../../../../promotion/clock.ts";
import { adminSocket } from "../../../../promotion/platforms/envoy-files/admin.ts";
import { writeFiles } from "../../../../promotion/platforms/envoy-files/folder.ts";
import { createEdge } from "../../../../promotion/platforms/envoy-files/inforce.ts";
import { edgeTrafficController } from "../../../../promotion/platforms/envoy-files/traffic-controller.ts";
import { edgeTrafficState } from "../../../../promotion/platforms/envoy-files/traffic-state.ts";
import { startEnvoy } from "../../../../rehearsal/envoy.ts";
import { freePort } from "../../../../rehearsal/port.ts";
import { envoyBinary, temporaryFolder } from "../../../fixtures/envoy.ts";
import { exampleEdge, type Platform, platformConforms } from "../conformance.ts";

/** A real Envoy on this machine, as a rehearsal and a promoter beside the edge have it. */
async function start(): Promise<Platform> {
  const names = ["akosha", "mahavishnu", "session-buddy", "akosha-a", "akosha-b", "mahavishnu-a", "mahavishnu-b"];
  const ports = new Map<string, number>();
  for (const name of [...names, "session-buddy-a"]) ports.set(name, await freePort());
  const folder = await temporaryFolder();
  const settings = exampleEdge(folder, (name) => ports.get(name) ?? 0);
  const admin = adminSocket(edgePaths(folder).admin);
  const controller = edgeTrafficController({ settings, admin, clock: systemClock });
  const declared = join(folder, FILES.declared);
  let kill = async () => {};
  return {
    read: edgeTrafficState({ folder, admin }),
    settings,
    controller,
    async declare() {
      await createEdge(settings);
      const envoy = await startEnvoy({ binary: await envoyBinary(), folder });
      onTestFinished(() => envoy.stop());
      await envoy.ready;
      kill = async () => {
        process.kill(envoy.pid, "SIGKILL");
        await envoy.exited;
      };
    },
    move: (share) => controller.setShare(share),
    moveOne: (service, share) =>
      writeFiles({ settings, position: { ...restingPosition, share } }, [FILES.routes(service)]),
    breakDown: () => kill(),
    plant: {
      "half a file": () => writeFile(declared, '{"akosha":'),
      "a list of splits": () => writeFile(declared, "[1]"),
      "shares beyond the whole": () => writeFile(declared, '{"akosha":{"akosha-a":900}}'),
    },
  };
}

platformConforms("an edge on this machine", start, {
  unreachable: /admin socket .* did not answer .*Is the edge running\?/,
  hostile: ["half a file", "a list of splits", "shares beyond the whole"],
  perService: true,
  controlled: true,
});
