import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { secretNames } from "../../ecosystem/secrets.ts";
import { type Service, serviceNamed, serviceNames, services, startOrder } from "../../ecosystem/services.ts";
import { root } from "../fixtures/releases.ts";

test("each file of ecosystem/services is the service of its name", () => {
  const files = readdirSync(join(root, "ecosystem/services")).map((file) => file.replace(/\.ts$/, ""));
  expect([...serviceNames].sort()).toEqual(files.sort());
});

test("services start after those that they need", () => {
  expect(services.map(({ name, port }) => [name, port])).toEqual([
    ["session-buddy", 8678],
    ["akosha", 8682],
    ["mahavishnu", 8680],
  ]);
});

test.each(services)("$name has two safe calls, and every one is among its tools", ({ tools, calls }) => {
  expect(calls).toHaveLength(2);
  expect(tools).toEqual(expect.arrayContaining([...calls]));
});

test.each(services)("$name describes the secrets that it reads, and none of another service", (service) => {
  const read = [...Object.values(service.secrets), ...(service.database ? [service.database.password] : [])];
  expect(new Set(Object.keys(service.secretDescriptions))).toEqual(new Set(read));
  if (service.authentication !== null) expect(Object.keys(service.secrets)).toContain(service.authentication);
  expect(secretNames.filter((name) => read.includes(name))).toHaveLength(new Set(read).size);
});

describe("the order of a start", () => {
  const service = (name: string, port: number, ...peers: string[]) =>
    ({
      name,
      port,
      peers: Object.fromEntries(peers.map((peer) => [peer, { service: peer, part: "url" }])),
    }) as unknown as Service;

  test("has a service after its peers, and otherwise follows the ports", () => {
    const all = [service("c", 1, "b"), service("b", 2), service("a", 3), service("d", 4, "c", "a")];
    expect(startOrder(all).map(({ name }) => name)).toEqual(["b", "c", "a", "d"]);
  });

  test("is refused for a cycle, and for a peer that does not exist", () => {
    expect(() => startOrder([service("a", 1, "b"), service("b", 2, "a")])).toThrow(/services\/a\.ts: its peers b/);
    expect(() => startOrder([service("a", 1, "gone")])).toThrow(/services\/a\.ts: its peers gone/);
  });
});

test("a service that no file describes is refused by its name", () => {
  expect(() => serviceNamed("retired")).toThrow(/has no retired\. Services: session-buddy/);
});
