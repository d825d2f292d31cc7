import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { serviceNames } from "../../../../ecosystem/services.ts";
import { asYaml, composeFile, descriptionOf } from "../../../../infra/targets/compose/compose-file.ts";
import { root } from "../../../fixtures/releases.ts";
import { describeWith } from "../../../fixtures/tools.ts";
import { describedIn, first, idOf, local, localWith, type State, second } from "./fixtures.ts";

const [mv1, mv2] = [idOf(first, "mahavishnu"), idOf(second, "mahavishnu")] as const;

const elsewhere = { backups: "gs:acme-backups:/local", vault: "gs:acme-vault:/local" };

/** What the words before a compose.yaml say of folders. */
const foldersIn = (text: string): string[] => {
  const [, list = ""] = /host folders .+ user 10001:\n((?:# {3}.+\n)+)/.exec(text) ?? [];
  return list
    .split("\n")
    .filter(Boolean)
    .map((line) => line.replace(/^# +/, ""));
};

describe("a stack as compose.yaml", () => {
  const file = composeFile(describedIn("candidate"));

  test("has the same containers, confined and measured like those of the program", () => {
    const described = describedIn("candidate").containers;
    expect(Object.keys(file.services)).toEqual(described.map(({ key }) => key));
    expect(Object.values(file.services).map(({ container_name }) => container_name)).toEqual(
      described.map(({ name }) => name),
    );
    for (const service of Object.values(file.services)) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
        logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "30" } },
      });
      expect(service.user).not.toMatch(/^(0|root)/);
      expect(service.memswap_limit).toBe(service.mem_limit);
      expect(service.pids_limit).toBeGreaterThan(0);
    }
    expect(Object.entries(file.services).filter(([, { ports }]) => ports)).toMatchObject([
      ["edge", { ports: ["127.0.0.1:8678:8678", "127.0.0.1:8682:8682", "127.0.0.1:8680:8680"] }],
    ]);
  });

  test("waits for containers that must be healthy, and for those that must have finished", () => {
    expect(file.services.akosha?.depends_on).toEqual({
      "session-buddy": { condition: "service_healthy" },
      "postgres-roles": { condition: "service_completed_successfully" },
    });
    expect(file.services.edge?.depends_on).toEqual({ "edge-files": { condition: "service_completed_successfully" } });
  });

  test("leads a service with a way out to the edge by the inner network, where it is known", () => {
    const edge = "172.29.0.2";
    expect(file.services.edge).toMatchObject({ networks: { inside: { ipv4_address: edge }, outside: {} } });
    expect(file.services[mv1]).toMatchObject({ networks: { outside: {} }, extra_hosts: { edge } });
    const led = Object.entries(file.services).filter(([, { extra_hosts }]) => extra_hosts);
    expect(led.map(([key]) => key)).toEqual([mv1, mv2]);
  });

  test("names its secrets as files beside it", () => {
    expect(file.secrets["auth-secret"]).toEqual({ file: "./secrets/auth-secret" });
    const used = Object.values(file.services).flatMap(({ secrets }) => secrets ?? []);
    expect(new Set(used)).toEqual(new Set(Object.keys(file.secrets)));
    const text = asYaml(describedIn("candidate"));
    for (const name of Object.keys(file.secrets)) expect(text).toContain(`#   secrets/${name}: `);
  });

  test("explains how to compose the derived secrets", () => {
    const text = asYaml(describedIn("stable"));
    for (const role of ["akosha", "mahavishnu"]) {
      expect(text).toContain(
        `#   secrets/${role}-database-url: postgresql://${role}:<${role}-database-password>@postgres:5432/${role}?sslmode=disable\n`,
      );
      // and what is filled in stands beside it
      expect(text).toContain(`#   secrets/${role}-database-password: `);
    }
  });

  test("lists the required host folders and their owner", () => {
    expect(foldersIn(asYaml(describedIn("stable")))).toEqual([
      "/var/backups/mahavishnu: written by backup-save, written by backup-check, read by backup-vault",
      "/var/backups/mahavishnu-vault: written by backup-vault",
    ]);
    const certified = localWith({ tls: true, certificates: "/etc/maha/tls", ...elsewhere });
    expect(foldersIn(asYaml(describedIn("stable", certified)))).toEqual([
      "/etc/maha/tls: read by edge; contains tls.crt and tls.key",
    ]);
    expect(asYaml(describedIn("stable", localWith(elsewhere)))).not.toContain("host folders");
  });

  test("lists images that are not in a registry, and nothing if all are published", () => {
    const [head = ""] = asYaml(descriptionOf(root, "local")).split("\nservices:");
    expect(head).toMatch(/These images are not in a registry: build images/);
    for (const name of [...serviceNames, "edge", "promoter", "backup"])
      expect(head).toContain(`#   unpublished.invalid/${name}\n`);
    const own = {
      edge: { ...local.edge, image: "edge:dev" },
      promoter: { image: "promoter:dev" },
      backups: { ...local.backups, image: "backup:dev" },
    };
    expect(asYaml(describedIn("candidate", { ...local, ...own }))).not.toContain("No registry");
  });

  test("lets Compose expand no variable in scripts, and parse no word as a boolean", () => {
    const service = parse(asYaml(describedIn("candidate")), { version: "1.1" }).services[mv1];
    expect(service.entrypoint.join("\n")).toContain('exec "$$@"');
    expect(service.entrypoint.join("\n").replaceAll("$$", "")).not.toContain("$");
    const { services } = parse(asYaml(describedIn("candidate")), { version: "1.1" });
    expect(services["edge-files"].restart).toBe("no");
  });

  test("of a stack without settings for it is refused", () => {
    expect(() => descriptionOf(root, "staging")).toThrow(/Pulumi\.staging\.yaml, mahavishnu:compose: missing/);
  });
});

describeWith(
  ["docker-compose"],
  "docker-compose takes a stack's compose.yaml",
  { concurrent: true, timeout: 60_000 },
  () => {
    const config = async (text: string) => {
      const folder = await mkdtemp(join(tmpdir(), "maha-compose-"));
      await writeFile(join(folder, "compose.yaml"), text);
      const { stdout } = await promisify(execFile)("docker-compose", [
        "--file",
        join(folder, "compose.yaml"),
        "config",
      ]);
      return parse(stdout, { version: "1.1" });
    };

    test.each<State>(["none", "candidate"])("in every state (%s)", async (state) => {
      const described = describedIn(state);
      const taken = await config(asYaml(described));
      expect(Object.keys(taken.services).sort()).toEqual(described.containers.map(({ key }) => key).sort());
    });

    test("of the committed prod", async () => {
      const taken = await config(asYaml(descriptionOf(root, "prod")));
      expect(taken.networks.inside.internal).toBe(true);
    });
  },
);

test("maha compose prints it, and as JSON with --json", async () => {
  const maha = (...args: string[]) =>
    promisify(execFile)(process.execPath, ["cli/maha.ts", "compose", ...args], { cwd: root });
  const yaml = await maha("--stack", "local");
  expect(yaml.stderr).toBe("");
  expect(yaml.stdout).toBe(asYaml(descriptionOf(root, "local")));
  const { stdout } = await maha("--stack", "local", "--json");
  expect(JSON.parse(stdout)).toEqual(composeFile(descriptionOf(root, "local")));
});
