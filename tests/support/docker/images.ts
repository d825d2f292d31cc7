import { spawnSync } from "node:child_process";
import { copyFile, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { images } from "../../../ecosystem/images.ts";
import { envoyBinary } from "../envoy.ts";
import { root } from "../releases.ts";
import { docker } from "./engine.ts";

/** What the images are made of: a Debian with Python, as those in images/. */
export const baseImage = process.env.RUNTIME_IMAGE ?? "python:3.14-slim";

/** True where that image is at hand. */
export const hasBaseImage = spawnSync("docker", ["image", "inspect", baseImage]).status === 0;

/**
 * Two images by their ids, alike but for the version that their servers tell. Each of them is everything that a stack
 * needs: the reference server as each of the three services, Envoy, and stand-ins for what others publish, which are
 * always well and do nothing.
 */
export async function buildImages(): Promise<{ first: string; second: string; remove(): Promise<void> }> {
  const context = await mkdtemp(join(tmpdir(), "maha-images-"));
  await Promise.all([
    copyFile(process.execPath, join(context, "node")),
    copyFile(await envoyBinary(), join(context, "envoy")),
    cp(join(root, "ecosystem"), join(context, "app/ecosystem"), { recursive: true }),
    cp(join(root, "tests/reference-server"), join(context, "app/tests/reference-server"), { recursive: true }),
    writeFile(join(context, "server"), server, { mode: 0o755 }),
    writeFile(join(context, "stand-in"), standIn, { mode: 0o755 }),
    writeFile(join(context, "well"), "#!/bin/sh\nexit 0\n", { mode: 0o755 }),
    writeFile(join(context, "Dockerfile"), dockerfile),
  ]);
  const build = async (version: string) =>
    (
      await docker("build", "--quiet", "--build-arg", `BASE=${baseImage}`, "--build-arg", `VERSION=${version}`, context)
    ).trim();
  try {
    const [first, second] = [await build("1.0.0"), await build("2.0.0")];
    return { first, second, remove: async () => void (await docker("image", "rm", "--force", second, first)) };
  } finally {
    await rm(context, { recursive: true });
  }
}

/** One image in the place of each that others publish. */
export const othersAs = (image: string) =>
  Object.fromEntries(Object.keys(images).map((name) => [name, image])) as Record<keyof typeof images, string>;

const dockerfile = `ARG BASE
FROM \${BASE}
COPY node envoy server stand-in well /usr/local/bin/
COPY app /app
RUN cd /usr/local/bin \\
 && ln -sf server python && ln -s server akosha && ln -s server mahavishnu \\
 && ln -s well wget && ln -s well pg_isready && ln -s well psql \\
 && for name in prometheus alertmanager node_exporter; do ln -s /usr/local/bin/stand-in "/bin/$name"; done \\
 && mkdir -p /data /scratch /series /var/lib/edge && chown 10001:10001 /data /scratch /series /var/lib/edge \\
 && mkdir -p /var/lib/postgresql/data /var/run/postgresql && chown 999:999 /var/lib/postgresql/data /var/run/postgresql \\
 && mkdir -p /prometheus /alertmanager && chown 65534:65534 /prometheus /alertmanager
ARG VERSION
ENV VERSION=\${VERSION}
ENTRYPOINT ["stand-in"]
`;

/** Each of the three by the name that it is called by. */
const server = `#!/bin/sh
case "\${0##*/}" in
  python) set -- session-buddy 8678 ;;
  akosha) set -- akosha 8682 ;;
  *) set -- mahavishnu 8680 ;;
esac
exec node /app/tests/reference-server/main.ts --host 0.0.0.0 --name "$1" --port "$2" --version "$VERSION"
`;

const standIn = `#!/bin/sh
[ ! -d /scratch ] || date > /scratch/next 2>/dev/null || true
trap 'exit 0' TERM
while :; do sleep 1 & wait $!; done
`;
