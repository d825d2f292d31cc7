import { describe, expect, test } from "vitest";
import { declaredSplits } from "../../../../edge/declared-split.ts";
import { checkEdge, type Edge } from "../../../../edge/settings.ts";
import { addressesIn, withoutHost } from "../../../../infra/targets/compose/addresses.ts";
import { edgeSettings } from "../../../../infra/targets/compose/edge.ts";
import {
  containerOf,
  deploymentIn,
  describedIn,
  first,
  idOf,
  local,
  localWith,
  prod,
  type State,
  second,
} from "./fixtures.ts";

const addresses = addressesIn(local.compose?.subnet ?? "");
const settingsIn = (state: State, settings = local) => edgeSettings(deploymentIn(state, settings), addresses);

/** The edge that is brought in force when it is deployed. */
function seeded(state: State, settings = local): Edge {
  const { command = [], entrypoint = [] } = containerOf(describedIn(state, settings), "edge-files");
  expect(entrypoint.slice(0, 2)).toEqual(["/bin/sh", "-c"]);
  const [write, path = "", content = "", ...rest] = command;
  expect([write, ...rest]).toEqual(["write", "exec", "node", "/app/promotion/agent/main.ts", "seed", path]);
  return checkEdge(JSON.parse(content), path);
}

describe("the edge of a stack on a Docker host", () => {
  test("has a separate address for each revision, and does not rate-limit their calls", () => {
    const settings = settingsIn("candidate");
    expect(settings).toMatchObject({
      folder: "/var/lib/edge",
      accessLog: "stdout",
      metrics: { address: "172.29.0.2", port: 9902 },
      limits: { perMinute: 60, burst: 10, perHour: 1000, exempt: withoutHost("172.29.0.0/16") },
      hosts: ["localhost", "127.0.0.1", "[::1]", "edge"],
    });
    expect(settings.services.map(({ name, listen }) => [name, listen.address, listen.port])).toEqual([
      ["session-buddy", "0.0.0.0", 8678],
      ["akosha", "0.0.0.0", 8682],
      ["mahavishnu", "0.0.0.0", 8680],
    ]);
    for (const { name, stable, candidate, forwards } of settings.services) {
      expect(forwards).toEqual({ paths: ["/mcp"], health: [expect.stringMatching(/^\/health/)] });
      const described = describedIn("candidate").containers.filter(({ revision }) => revision?.service === name);
      expect([stable, candidate].map((revision) => revision?.endpoints[0]?.address)).toEqual(
        described.map(({ network }) => network?.address),
      );
      expect([stable.id, candidate?.id]).toEqual([idOf(first, name), idOf(second, name)]);
    }
  });

  test("is filled with the resting position, whatever it had before", () => {
    const { settings, position } = seeded("candidate");
    expect(settings).toEqual(settingsIn("candidate"));
    expect(position).toEqual({ share: 0, draining: [], retired: [] });
    expect(declaredSplits(settings.services)).toEqual(
      Object.fromEntries(
        ["session-buddy", "akosha", "mahavishnu"].map((name) => [
          name,
          { [idOf(first, name)]: 100, [idOf(second, name)]: 0 },
        ]),
      ),
    );
  });

  test("is not replaced when its files change: the container that fills its folder is", () => {
    const [stable, candidate] = [describedIn("stable"), describedIn("candidate")];
    expect(containerOf(candidate, "edge")).toEqual(containerOf(stable, "edge"));
    expect(containerOf(candidate, "edge-files").command).not.toEqual(containerOf(stable, "edge-files").command);
  });

  test("is replaced when Envoy's bootstrap changes: the address of the issuer's keys", () => {
    const edgeWith = (jwks: string) =>
      containerOf(describedIn("stable", localWith({}, { issuer: "https://a.test/", audience: "mcp", jwks })), "edge");
    expect(edgeWith("https://a.test/jwks")).not.toEqual(edgeWith("https://b.test/jwks"));
  });

  test("waits for its files, which wait for every revision", () => {
    const described = describedIn("candidate");
    expect(containerOf(described, "edge").after).toEqual(["edge-files"]);
    const revisions = described.containers.filter(({ revision }) => revision).map(({ key }) => key);
    expect(containerOf(described, "edge-files").after).toEqual(revisions);
  });

  test("is reached by the services as `edge`, and by clients as the settings say", () => {
    expect(containerOf(describedIn("stable"), "edge").network).toMatchObject({ aliases: ["edge"], outside: true });
    expect(containerOf(describedIn("stable"), "edge").published?.address).toBe("127.0.0.1");
  });

  test("published beyond its host authenticates callers, except the revisions: the host may proxy for others", () => {
    const compose = { ...prod.compose, subnet: "172.29.0.0/16" };
    expect(() => localWith(compose)).toThrow(/mahavishnu:edge\.auth: missing \(the issuer of the tokens/);
    const { auth, peers, services } = settingsIn("candidate", localWith(compose, prod.edge.auth));
    expect(auth).toEqual(prod.edge.auth);
    const revisions = services.flatMap(({ stable, candidate }) => [
      ...stable.endpoints,
      ...(candidate?.endpoints ?? []),
    ]);
    expect(peers).toEqual(revisions.map(({ address }) => `${address}/32`));
    expect(peers).not.toContain("172.29.0.1/32");
    expect(settingsIn("stable").auth).toBeUndefined();
  });

  test("answers to the name of its host, and to those that the settings add", () => {
    const compose = { ...prod.compose, subnet: "172.29.0.0/16" };
    const hostsOf = (more: object) => settingsIn("stable", localWith({ ...compose, ...more }, prod.edge.auth)).hosts;
    expect(hostsOf({})).toEqual(["localhost", "127.0.0.1", "[::1]", "edge", "mcp.mahavishnu.dev"]);
    expect(hostsOf({ hosts: ["mcp.acme.dev"] })).toContain("mcp.acme.dev");
    expect(hostsOf({ publish: "203.0.113.7" })).toContain("203.0.113.7");
    expect(() => hostsOf({ hosts: [".*"] })).toThrow(/compose\.hosts/);
  });

  test("published beyond its host has a certificate, from a folder that is mounted and not copied", () => {
    const { compose = {} } = prod;
    const settings = localWith({ ...compose, subnet: "172.29.0.0/16" }, prod.edge.auth);
    expect(settingsIn("stable", settings).tls).toEqual({
      certificate: "/etc/edge/certificates/tls.crt",
      key: "/etc/edge/certificates/tls.key",
    });
    expect(containerOf(describedIn("stable", settings), "edge").mounts).toContainEqual({
      path: "/etc/edge/certificates",
      folder: "/etc/mahavishnu/certificates",
      readOnly: true,
    });
    expect(() => localWith({ publish: "0.0.0.0" }, prod.edge.auth)).toThrow(
      /compose\.tls: must be true when publish is not 127\.0\.0\.1/,
    );
    expect(() => localWith({ publish: "0.0.0.0", tls: true }, prod.edge.auth)).toThrow(
      /compose\.certificates: missing \(a host folder with tls\.crt and tls\.key/,
    );
  });
});
