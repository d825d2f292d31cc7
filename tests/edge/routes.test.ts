import fc from "fast-check";
import { expect, test } from "vitest";
import type { Route, RouteConfiguration } from "../../edge/envoy.ts";
import { routes, sameRoutes, shareIn, splitOf } from "../../edge/routes.ts";
import { type EdgeService, type Position, restingPosition } from "../../edge/settings.ts";

const at = (port: number) => ({ address: "127.0.0.1", port });
const service: EdgeService = {
  name: "echo",
  listen: at(8000),
  stable: { id: "echo-1", endpoints: [at(9001), at(9003)] },
  candidate: { id: "echo-2", endpoints: [at(9002)] },
};
const { candidate: _, ...alone } = service;

/** The routes in order: where each one leads, and which session ids it is for. */
const table = (service: EdgeService, position: Position) =>
  routes(service, position)
    .virtual_hosts[0]?.routes.filter(forAnyMethod)
    .map((route) => {
      const to =
        "route" in route
          ? "cluster" in route.route
            ? route.route.cluster
            : route.route.weighted_clusters.clusters.map(({ name, weight }) => `${name}=${weight}`).join(" ")
          : route.direct_response.status;
      const session = route.match.headers?.flatMap((header) =>
        "string_match" in header && "prefix" in header.string_match
          ? [Buffer.from(header.string_match.prefix.slice(0, -1), "base64").toString()]
          : [],
      );
      return [route.name, ...(session ?? []), to].join(" ");
    });

/** The routes of GETs lead where the one after them does (see streams.test.ts). */
const forAnyMethod = ({ match }: Route) => !match.headers?.some(({ name }) => name === ":method");

const probes = [
  "probe-session echo-1-sessions",
  "probe echo-1",
  "probe-session echo-2-sessions",
  "probe echo-2",
  "no-revision 404",
];

test.each<[string, EdgeService, Position, string[]]>([
  [
    "at rest only stable's sessions go on",
    service,
    restingPosition,
    [
      ...probes,
      "session 127.0.0.1:9001 echo-1-sessions",
      "session 127.0.0.1:9003 echo-1-sessions",
      "ended 404",
      "new echo-1=10000 echo-2=0",
    ],
  ],
  [
    "with a share both sides' sessions go on",
    service,
    { ...restingPosition, share: 25 },
    [
      ...probes,
      "session 127.0.0.1:9001 echo-1-sessions",
      "session 127.0.0.1:9003 echo-1-sessions",
      "session 127.0.0.1:9002 echo-2-sessions",
      "ended 404",
      "new echo-1=7500 echo-2=2500",
    ],
  ],
  [
    "stable's sessions go on at 100 %",
    service,
    { ...restingPosition, share: 100 },
    [
      ...probes,
      "session 127.0.0.1:9001 echo-1-sessions",
      "session 127.0.0.1:9003 echo-1-sessions",
      "session 127.0.0.1:9002 echo-2-sessions",
      "ended 404",
      "new echo-1=0 echo-2=10000",
    ],
  ],
  [
    "a retired stable is nowhere",
    service,
    { ...restingPosition, share: 100, retired: ["echo-1"] },
    [
      "probe-session echo-2-sessions",
      "probe echo-2",
      "no-revision 404",
      "session 127.0.0.1:9002 echo-2-sessions",
      "ended 404",
      "new echo-2=10000",
    ],
  ],
  [
    "a retired candidate is nowhere",
    service,
    { ...restingPosition, retired: ["echo-2"] },
    [
      "probe-session echo-1-sessions",
      "probe echo-1",
      "no-revision 404",
      "session 127.0.0.1:9001 echo-1-sessions",
      "session 127.0.0.1:9003 echo-1-sessions",
      "ended 404",
      "new echo-1=10000",
    ],
  ],
  [
    "a service without a candidate",
    alone,
    restingPosition,
    [
      "probe-session echo-1-sessions",
      "probe echo-1",
      "no-revision 404",
      "session 127.0.0.1:9001 echo-1-sessions",
      "session 127.0.0.1:9003 echo-1-sessions",
      "ended 404",
      "new echo-1=10000",
    ],
  ],
  [
    "a service without a candidate has no part in the share",
    alone,
    { ...restingPosition, share: 100 },
    [
      "probe-session echo-1-sessions",
      "probe echo-1",
      "no-revision 404",
      "session 127.0.0.1:9001 echo-1-sessions",
      "session 127.0.0.1:9003 echo-1-sessions",
      "ended 404",
      "new echo-1=10000",
    ],
  ],
  [
    "a draining stable takes no new probe",
    service,
    { share: 100, draining: ["echo-1"], retired: [] },
    [
      "probe-session echo-1-sessions",
      "probe-session echo-2-sessions",
      "probe echo-2",
      "no-revision 404",
      "session 127.0.0.1:9001 echo-1-sessions",
      "session 127.0.0.1:9003 echo-1-sessions",
      "session 127.0.0.1:9002 echo-2-sessions",
      "ended 404",
      "new echo-1=0 echo-2=10000",
    ],
  ],
])("%s", (_, service, position, expected) => {
  expect(table(service, position)).toEqual(expected);
});

test("every share of two decimals comes back as it went in", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), (hundredths) => {
      const share = Number((hundredths / 100).toFixed(2));
      expect(shareIn(service, splitOf(routes(service, { ...restingPosition, share })))).toBe(share);
    }),
  );
});

test("no prefix of a session id is the prefix of another instance's", () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(65_535), fc.ipV4(), fc.nat(65_535), (a, portA, b, portB) => {
      fc.pre(a !== b || portA !== portB);
      const prefixOf = (address: string, port: number) => {
        const [route] =
          routes(
            { ...alone, stable: { id: "x", endpoints: [{ address, port }] } },
            restingPosition,
          ).virtual_hosts[0]?.routes.filter(({ name }) => name === "session") ?? [];
        const header = route?.match.headers?.[0];
        return header && "string_match" in header && "prefix" in header.string_match ? header.string_match.prefix : "";
      };
      expect(prefixOf(a, portA).startsWith(prefixOf(b, portB))).toBe(false);
    }),
  );
});

test("a split to somebody else's cluster is an error, not a share", () => {
  const foreign = routes(
    { ...service, candidate: { id: "stranger", endpoints: [at(1)] } },
    { ...restingPosition, share: 10 },
  );
  expect(() => shareIn(service, splitOf(foreign))).toThrow(
    "echo: new sessions go to stranger, which is neither its stable nor its candidate",
  );
  expect(() => splitOf({ ...foreign, virtual_hosts: [] })).toThrow("split no new sessions");
});

test("routes are the same when they lead the same calls to the same places", () => {
  const ours = routes(service, { ...restingPosition, share: 10 });
  expect(sameRoutes(ours, structuredClone(ours))).toBe(true);
  expect(sameRoutes(ours, { ...ours, ...{ version_info: "7" } } as RouteConfiguration)).toBe(true);
  expect(sameRoutes(ours, routes(service, { ...restingPosition, share: 10.01 }))).toBe(false);
  expect(
    sameRoutes(routes(service, restingPosition), routes(service, { ...restingPosition, retired: ["echo-2"] })),
  ).toBe(false);
});
