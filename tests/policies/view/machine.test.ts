import { describe, expect, test } from "vitest";
import { machineContainers } from "../../../policies/view/machine.ts";
import { digest, resource } from "../fixtures.ts";

const script = (...lines: string[]) =>
  resource("gcp:compute/instance:Instance", "singles", {
    metadata: {
      singles: ['start() { docker run "$@"; }', "# it's above the line", "# --- what is wanted ---", ...lines].join(
        "\n",
      ),
    },
  });
const hardened = "--user=10001:10001 --read-only --cap-drop=ALL --security-opt=no-new-privileges --memory=1g --cpus=2";
const start = (options: string, image = `registry.test/session-buddy@${digest("5")}`) =>
  `start session-buddy-1 http://127.0.0.1:8678/healthz 60 ${options} --label=service=session-buddy ${image} -c 'exec "$@"' start export SESSION_ENCRYPTION_KEY session-encryption-key exec python /app/serve.py`;

describe("the containers of a machine's script", () => {
  test("are what it starts, as docker run would take it", () => {
    const [one] = machineContainers([
      script(start(`${hardened} --publish=8678:8678 --mount=type=bind,source=/mnt/disks/session-buddy,target=/data`)),
    ]);
    expect(one).toMatchObject({
      ...{
        name: "session-buddy-1",
        service: "session-buddy",
        image: `registry.test/session-buddy@${digest("5")}`,
        lasting: true,
      },
      security: { root: false, privileged: false, confined: true },
      limits: { memory: true, cpu: true },
      ports: [{ port: 8678 }],
      mounts: [{ volume: "/mnt/disks/session-buddy", folder: "/data", writable: true }],
      variables: [{ name: "SESSION_ENCRYPTION_KEY", secret: "session-encryption-key" }],
    });
  });
  test.each([
    ["--user=0:0", { security: { root: true } }],
    ["--privileged", { security: { privileged: true } }],
    ["--cap-add=NET_ADMIN", { security: { privileged: true } }],
    ["--env=TOKEN=planted", { variables: [{ name: "TOKEN", text: "planted" }, {}] }],
    ["--mount=type=bind,source=/a,target=/b,readonly", { mounts: [{ writable: false }] }],
    ["", { security: { root: true, confined: false }, limits: { memory: false, cpu: false } }],
  ])("with %s", (options, expected) => {
    expect(machineContainers([script(start(options))])).toMatchObject([expected]);
  });
  test("include what a timer starts, and nothing that only helps", () => {
    const unit = `[Service]\nExecStartPre=-/usr/bin/docker rm --force backup-volumes\nExecStart=/usr/bin/docker run --rm \\\n  --name=backup-volumes ${hardened} \\\n  registry.test/backup@${digest("b")} save\n`;
    const found = machineContainers([
      script("begin", "image registry.test/x", `file /etc/systemd/system/backup-volumes.service '${unit}'`),
    ]);
    expect(found).toMatchObject([
      { name: "backup-volumes", words: ["save"], lasting: false, security: { root: false } },
    ]);
  });
  test("are none where the metadata has no script", () => {
    expect(machineContainers([resource("gcp:compute/instance:Instance", "vm", { metadata: {} })])).toEqual([]);
  });
});
