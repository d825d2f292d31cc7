import { expect, test } from "vitest";
import { checkSettings, restingPosition, servedRevisions } from "../../edge/settings.ts";

const at = (port: number) => ({ address: "127.0.0.1", port });
const service = {
  name: "echo",
  listen: at(8000),
  stable: { id: "echo-1", endpoints: [at(9001)] },
  candidate: { id: "echo-2", endpoints: [at(9002)] },
};
const settings = { folder: "/var/lib/edge", services: [service] };

test("good settings pass as they are", () => {
  expect(checkSettings(settings)).toEqual(settings);
  const more = {
    ...settings,
    limits: { perMinute: 60, burst: 10, perHour: 1000, exempt: ["10.0.0.0/8", "fd00::/8"] },
    trustedHops: 1,
    accessLog: "stdout",
    metrics: at(9901),
    tls: { certificate: "/run/tls/tls.crt", key: "/run/tls/tls.key" },
    auth: { issuer: "https://login.test.dev/", audience: "mcp", jwks: "https://login.test.dev/jwks", ca: "/ca.crt" },
    peers: ["10.0.0.0/8", "fd00::/8"],
    hosts: ["mcp.test.dev", "127.0.0.1", "[::1]"],
    services: [{ ...service, forwards: { paths: ["/mcp"], health: ["/healthz"] } }],
  };
  expect(checkSettings(more)).toEqual(more);
});

test.each([
  ["no service at all", { ...settings, services: [] }, "services"],
  ["a name that is no file name", { ...settings, services: [{ ...service, name: "a/b" }] }, "letters, digits"],
  [
    "a host name as address",
    { ...settings, services: [{ ...service, listen: { address: "localhost", port: 80 } }] },
    "services[0].listen.address",
  ],
  ["a port that is none", { ...settings, services: [{ ...service, listen: at(70_000) }] }, "services[0].listen.port"],
  [
    "a revision without instances",
    { ...settings, services: [{ ...service, stable: { id: "echo-1", endpoints: [] } }] },
    "services[0].stable.endpoints",
  ],
  [
    "two services of one name",
    { ...settings, services: [service, { ...service, listen: at(8001) }] },
    "the service echo is there twice",
  ],
  [
    "one revision as both sides",
    { ...settings, services: [{ ...service, candidate: { id: "echo-1", endpoints: [at(9002)] } }] },
    "the revision echo-1 is there twice",
  ],
  [
    "one instance on both sides",
    { ...settings, services: [{ ...service, candidate: { id: "echo-2", endpoints: [at(9001)] } }] },
    "the endpoint 127.0.0.1:9001 is there twice",
  ],
  ["a setting with a typo", { ...settings, limit: {} }, 'Unrecognized key: "limit"'],
  [
    "more at once than in an hour",
    { ...settings, limits: { perMinute: 60, burst: 10, perHour: 9, exempt: [] } },
    "limits.perHour",
  ],
  [
    "a peer that is no network",
    { ...settings, limits: { perMinute: 60, burst: 10, perHour: 1000, exempt: ["10.0.0.1"] } },
    "limits.exempt[0]",
  ],
  ["counters where a service listens", { ...settings, metrics: at(8000) }, "127.0.0.1:8000 is there twice"],
  [
    "keys of an issuer in the clear",
    { ...settings, auth: { issuer: "me", audience: "mcp", jwks: "http://login.test.dev/jwks" } },
    "auth.jwks",
  ],
  [
    "tokens for any audience",
    { ...settings, auth: { issuer: "me", jwks: "https://login.test.dev/" } },
    "auth.audience",
  ],
  ["a name with a port", { ...settings, hosts: ["mcp.test.dev:443"] }, "hosts[0]"],
  ["a name that is a pattern", { ...settings, hosts: [".*"] }, "hosts[0]"],
  ["no name at all", { ...settings, hosts: [] }, "hosts"],
  [
    "a path that is a pattern",
    { ...settings, services: [{ ...service, forwards: { paths: ["/.*"], health: [] } }] },
    "services[0].forwards.paths[0]",
  ],
  ["a peer by its name", { ...settings, peers: ["akosha"] }, "peers[0]"],
  ["a key without a certificate", { ...settings, tls: { key: "/run/tls.key" } }, "tls.certificate"],
])("%s is refused with its place", (_, wrong, message) => {
  expect(() => checkSettings(wrong)).toThrow(message);
});

test("a service serves what is not retired", () => {
  expect(servedRevisions(service, restingPosition).map(({ role }) => role)).toEqual(["stable", "candidate"]);
  expect(servedRevisions(service, { ...restingPosition, retired: ["echo-1"] }).map(({ role }) => role)).toEqual([
    "candidate",
  ]);
  const { candidate: _, ...alone } = service;
  expect(servedRevisions(alone, restingPosition).map(({ role }) => role)).toEqual(["stable"]);
});
