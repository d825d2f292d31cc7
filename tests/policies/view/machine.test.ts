import { describe, expect, test } from "vitest";
import { backupsOf } from "../../../policies/view/backups.ts";
import { machineContainers } from "../../../policies/view/machine.ts";
import { viewOf } from "../../../policies/view/view.ts";
import { digest, resource } from "../fixtures.ts";

const machine = (description: unknown) =>
  resource("gcp:compute/instance:Instance", "singles", {
    metadata: { "singles-description": JSON.stringify(description) },
  });
const confined = { user: "10001:10001", dropCapabilities: ["ALL"], noNewPrivileges: true };
const service = {
  ...{ name: "session-buddy-1", service: "session-buddy", image: `registry.test/session-buddy@${digest("5")}` },
  ...confined,
  ...{ memoryMi: 1024, cpus: 2, port: 8678, health: "/healthz", command: ["python", "/app/serve.py"] },
  environment: { LOG_LEVEL: "info" },
  secrets: { SESSION_ENCRYPTION_KEY: "session-encryption-key" },
  mounts: [{ type: "bind", source: "/mnt/disks/session-buddy", target: "/data", readOnly: false }],
};
const backup = {
  ...{ name: "backup-volumes", image: `registry.test/backup@${digest("b")}`, ...confined, memoryMi: 512 },
  ...{ command: ["save"], secrets: ["restic-password"], mounts: [], dailyAt: "02:00" },
  environment: { RESTIC_REPOSITORY: "gs:backups:/", BACKUP_VOLUMES: "session-buddy=/volumes/session-buddy" },
};

describe("the containers of a machine", () => {
  test("are those that its metadata describes", () => {
    const [one] = machineContainers([machine({ containers: [service] })]);
    expect(one).toMatchObject({
      ...{ name: "session-buddy-1", service: "session-buddy", image: service.image, lasting: true },
      path: "metadata.singles-description: containers[0]",
      security: { root: false, privileged: false, confined: true },
      limits: { memory: true, cpu: true },
      probes: { starts: true, lives: true },
      ports: [{ port: 8678 }],
      mounts: [{ volume: "/mnt/disks/session-buddy", folder: "/data", writable: true }],
      variables: [
        { name: "LOG_LEVEL", text: "info" },
        { name: "SESSION_ENCRYPTION_KEY", secret: "session-encryption-key" },
      ],
    });
  });
  test.each([
    [{ user: "0:0" }, { security: { root: true } }],
    [{ user: undefined }, { security: { root: true } }],
    [{ dropCapabilities: [] }, { security: { confined: false } }],
    [{ noNewPrivileges: undefined }, { security: { confined: false } }],
    [{ mounts: [{ source: "/a", target: "/b", readOnly: true }] }, { mounts: [{ writable: false }] }],
    [{ memoryMi: undefined, cpus: undefined }, { limits: { memory: false, cpu: false } }],
    [{ health: undefined }, { probes: { starts: false, lives: false } }],
  ])("with %j", (changes, expected) => {
    expect(machineContainers([machine({ containers: [{ ...service, ...changes }] })])).toMatchObject([expected]);
  });
  test("include the daily backup of its volumes", () => {
    const view = viewOf([machine({ containers: [service], backup })]);
    expect(view.containers[1]).toMatchObject({ words: ["save"], lasting: false, security: { root: false } });
    const saved = { action: "save", volumes: ["session-buddy"], repository: "gs:backups:/" };
    expect(backupsOf(view)).toMatchObject([{ ...saved, daily: true }]);
    expect(backupsOf(viewOf([machine({ backup: { ...backup, dailyAt: undefined } })]))).toMatchObject([
      { ...saved, daily: false },
    ]);
  });
  test("are none if the machine describes nothing; a description that cannot be read is an error, not an absence", () => {
    expect(machineContainers([resource("gcp:compute/instance:Instance", "vm", { metadata: {} })])).toEqual([]);
    const broken = resource("gcp:compute/instance:Instance", "vm", { metadata: { "singles-description": "{" } });
    expect(() => machineContainers([broken])).toThrow(SyntaxError);
  });
});
