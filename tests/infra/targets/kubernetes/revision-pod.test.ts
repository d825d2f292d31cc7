import { describe, expect, test } from "vitest";
import { type ServiceName, services } from "../../../../ecosystem/services.ts";
import { resources } from "../../../../infra/targets/kubernetes/pods.ts";
import { filesData, hasClaim, revisionPod } from "../../../../infra/targets/kubernetes/revision-pod.ts";
import { first, revisionOf } from "../../../fixtures/kubernetes/states.ts";
import { settingsIn } from "../../../fixtures/releases.ts";

const settings = settingsIn("prod", "kubernetes");
const podOf = (name: ServiceName, role: "stable" | "candidate" = "stable", changed = settings) =>
  revisionPod(revisionOf(first, name), { stack: "prod", settings: changed, role }).spec;
const containerOf = (name: ServiceName, changed = settings) => {
  const [container] = podOf(name, "stable", changed).containers;
  return container as Extract<typeof container, { command: string[] }>;
};

/** The place in a cluster where the settings say by whom the database's certificate was signed. */
const signedBy = (authority: string) => ({
  ...settings,
  kubernetes: {
    ...settings.kubernetes,
    database: { host: "pg.acme.internal", network: "10.0.0.0/24", authority },
  },
});

describe("the pod of a revision", () => {
  test.each(services.map(({ name }) => name))("of %s is as restricted as it can be", (name) => {
    const pod = podOf(name);
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      serviceAccountName: name,
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
    });
    for (const container of pod.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        privileged: false,
        capabilities: { drop: ["ALL"] },
      });
      expect(container.resources.limits).toEqual(container.resources.requests);
    }
  });

  test.each(services.map(({ name }) => name))(
    "of %s is asked for its health, and has its time to start and to end",
    (name) => {
      const revision = revisionOf(first, name);
      const { startupProbe, readinessProbe, livenessProbe, command, ports } = containerOf(name);
      for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
        expect(probe.httpGet).toEqual({ path: "/healthz", port: "http" });
      }
      expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThanOrEqual(
        revision.startupSeconds,
      );
      expect(podOf(name).terminationGracePeriodSeconds).toBeGreaterThan(revision.stopSeconds + 5);
      expect(command).toEqual(revision.command);
      expect(ports).toEqual([{ name: "http", containerPort: revision.port }]);
    },
  );

  test("writes only where its revision says, and finds its files", () => {
    const revision = revisionOf(first, "mahavishnu");
    const { volumes } = podOf("mahavishnu");
    const { volumeMounts } = containerOf("mahavishnu");
    const files = Object.entries(revision.files);
    expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual([
      revision.state,
      ...revision.scratch,
      ...files.map(([path]) => path),
    ]);
    expect(new Set(volumes.map(({ name }) => name))).toEqual(new Set(volumeMounts.map(({ name }) => name)));
    const data = filesData(revision, { host: "x", network: "10.0.0.0/8" });
    expect(files.length).toBeGreaterThan(0);
    for (const [path, text] of files) {
      const mount = volumeMounts.find(({ mountPath }) => mountPath === path);
      expect(mount).toMatchObject({ name: "files", readOnly: true });
      const key = mount && "subPath" in mount ? String(mount.subPath) : "";
      expect(key).toMatch(/^[\w.-]+$/);
      expect(data[key]).toBe(text);
    }
  });

  test("checks the database's certificate, by the authority of the settings where they name one", () => {
    const variable = (container: ReturnType<typeof containerOf>) =>
      container.env.find(({ name }) => name === "PGSSLROOTCERT");
    expect(variable(containerOf("akosha"))).toMatchObject({ value: "/etc/ssl/certs/ca-certificates.crt" });
    expect(variable(containerOf("session-buddy"))).toBeUndefined();
    const own = containerOf("akosha", signedBy("-----BEGIN"));
    expect(variable(own)).toMatchObject({ value: "/etc/mahavishnu/database-authority.crt" });
    expect(own.volumeMounts.map(({ mountPath }) => mountPath)).toContain("/etc/mahavishnu/database-authority.crt");
  });

  test.each<["stateless" | "sticky" | "single", "stable" | "candidate", boolean]>([
    ["single", "stable", true],
    ["single", "candidate", false],
    ["sticky", "stable", false],
    ["stateless", "stable", false],
  ])("that is %s and %s has the service's volume: %s", (sessions, role, expected) => {
    expect(hasClaim({ sessions }, role)).toBe(expected);
  });

  test("of a single writer includes the backup sidecar; a candidate's has nothing of the service's volume", () => {
    expect(podOf("akosha").containers.map(({ name }) => name)).toEqual(["akosha", "backup"]);
    expect(podOf("mahavishnu").containers.map(({ name }) => name)).toEqual(["mahavishnu"]);
    expect(JSON.stringify(podOf("akosha", "candidate").volumes)).not.toContain("claimName");
  });

  test.each<[number, number, string]>([
    [2, 2048, "2"],
    [0.5, 512, "500m"],
    [1.25, 512, "1250m"],
    [0.1, 64, "100m"],
  ])("with %s processors is written as the API server writes it", (cpu, memoryMi, written) => {
    const all = { cpu: written, memory: `${memoryMi}Mi` };
    expect(resources({ cpu, memoryMi })).toEqual({ requests: all, limits: all });
  });
});
