import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FILES } from "../../../../edge/paths.ts";
import { restingPosition } from "../../../../edge/settings.ts";
import { composeTrafficState } from "../../../../promotion/platforms/envoy-files/docker.ts";
import { writeFiles } from "../../../../promotion/platforms/envoy-files/folder.ts";
import { createEdge } from "../../../../promotion/platforms/envoy-files/inforce.ts";
import { temporaryFolder } from "../../../fixtures/envoy.ts";
import { exampleEdge, type Platform, platformConforms, setVariable } from "../conformance.ts";

/** A double of the docker command: it has one container, whose folder is one of this machine. */
async function start(): Promise<Platform & { asked(): Promise<string> }> {
  const [bin, folder] = [await temporaryFolder(), await temporaryFolder()];
  let port = 20_000;
  const settings = exampleEdge(folder, () => port++);
  const edgeAt = (share: number) => ({ settings, position: { ...restingPosition, share } });
  const docker = async (script: string) => {
    await writeFile(join(bin, "docker"), `#!/bin/sh\necho "$@" >> ${bin}/asked\n${script}\n`);
    await chmod(join(bin, "docker"), 0o755);
  };
  await docker('echo "Error response from daemon: No such container: edge" >&2; exit 1');
  setVariable("PATH", `${bin}:${process.env.PATH}`);
  const routes = join(folder, FILES.routes("akosha"));
  return {
    read: composeTrafficState({ host: "ssh://a@b", container: "edge", folder }),
    settings,
    asked: () => readFile(join(bin, "asked"), "utf8"),
    async declare() {
      await createEdge(settings);
      await docker('shift 4; exec "$@"');
    },
    move: (share) =>
      writeFiles(
        edgeAt(share),
        settings.services.map(({ name }) => FILES.routes(name)),
      ),
    moveOne: (service, share) => writeFiles(edgeAt(share), [FILES.routes(service)]),
    breakDown: () => docker('echo "Cannot connect to the Docker daemon" >&2; exit 1'),
    plant: {
      "half a file": () => writeFile(routes, '{"resources":'),
      "other files": () => writeFile(routes, '{"resources":[{"name":"akosha"}]}'),
      "routes of another service": () => writeFile(routes, '{"resources":[{"name":"prod"}]}'),
      nothing: () => writeFile(routes, "null"),
      "no declaration": () => rm(join(folder, FILES.declared)),
    },
  };
}

platformConforms("a Docker host (a double of the docker command)", start, {
  unreachable: /the edge edge on ssh:\/\/a@b cannot be read: Cannot connect.*Check that docker can reach the host/,
  hostile: ["half a file", "other files", "routes of another service", "nothing", "no declaration"],
  perService: true,
});

test("a Docker host is asked once, for one moment of all files", async () => {
  const { read, declare, asked } = await start();
  await declare();
  await read();
  expect(await asked()).toMatch(/^--host ssh:\/\/a@b exec edge sh -c /);
  expect((await asked()).match(/--host/g)).toHaveLength(1);
});
