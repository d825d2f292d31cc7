import { expect, onTestFinished, test } from "vitest";
import { edgeFiles } from "../../edge/files.ts";
import { resolveEdge } from "../../edge/resolve.ts";
import { checkNamedSettings, restingPosition } from "../../edge/settings.ts";
import { freePort } from "../../rehearsal/port.ts";
import { Client } from "../support/edge/client.ts";
import { at } from "../support/edge/everyday.ts";
import { startUpstream } from "../support/edge/upstream.ts";
import { startTestEdge, temporaryFolder } from "../support/envoy.ts";

const named = checkNamedSettings({
  folder: "/var/lib/edge",
  trustedHops: 1,
  services: [
    {
      name: "echo",
      listen: at(8000),
      stable: { id: "echo-1", endpoints: [{ host: "echo-1.prod.svc.cluster.local", port: 8680 }] },
      candidate: { id: "echo-2", endpoints: [{ host: "echo-2.prod.svc.cluster.local", port: 8680 }] },
    },
    { name: "fixed", listen: at(8001), stable: { id: "fixed-1", endpoints: [at(9001)] } },
  ],
});

/** A lookup that knows these names and no others. */
const knows = (names: Record<string, string[]>) => async (host: string) => names[host] ?? [];

test("each name becomes the addresses behind it, always in one order; all else stays", async () => {
  const lookup = (addresses: string[]) =>
    knows({ "echo-1.prod.svc.cluster.local": addresses, "echo-2.prod.svc.cluster.local": ["10.0.0.4"] });
  const settings = await resolveEdge(named, lookup(["10.0.0.9", "10.0.0.3"]));
  expect(settings).toEqual({
    ...named,
    services: [
      {
        ...named.services[0],
        stable: {
          id: "echo-1",
          endpoints: [
            { address: "10.0.0.3", port: 8680 },
            { address: "10.0.0.9", port: 8680 },
          ],
        },
        candidate: { id: "echo-2", endpoints: [{ address: "10.0.0.4", port: 8680 }] },
      },
      named.services[1],
    ],
  });
  expect(await resolveEdge(named, lookup(["10.0.0.3", "10.0.0.9"]))).toEqual(settings);
  expect(await resolveEdge(settings, knows({}))).toEqual(settings);
});

test("a revision without instances keeps nothing from the others, a failed lookup everything", async () => {
  const settings = await resolveEdge(named, knows({ "echo-1.prod.svc.cluster.local": ["10.0.0.3"] }));
  const files = edgeFiles(settings, restingPosition);
  expect(files["xds/eds-echo-2.json"]).toMatchObject({ resources: [{ endpoints: [{ lb_endpoints: [] }] }] });
  await expect(resolveEdge(named, () => Promise.reject(new Error("SERVFAIL")))).rejects.toThrow("SERVFAIL");
});

test("two revisions behind one address are refused: a session could not tell them apart", async () => {
  await expect(resolveEdge(named, async () => ["10.0.0.3"])).rejects.toThrow(
    "the endpoint 10.0.0.3:8680 stands there twice",
  );
});

test("sessions stay where they began behind names too, and a revision without instances fails alone", async () => {
  const [one, two] = [await startUpstream("echo-1"), await startUpstream("echo-1")];
  onTestFinished(() => Promise.all([one.stop(), two.stop()]).then(() => {}));
  const listen = at(await freePort());
  const settings = await resolveEdge(
    {
      folder: await temporaryFolder(),
      services: [
        {
          name: "echo",
          listen,
          stable: { id: "echo-1", endpoints: [one, two].map(({ port }) => ({ host: "echo-1", port })) },
          candidate: { id: "echo-2", endpoints: [{ host: "echo-2", port: 1 }] },
        },
      ],
    },
    knows({ "echo-1": ["127.0.0.1"] }),
  );
  const { source, target } = await startTestEdge(settings);
  const client = new Client(listen.port);
  onTestFinished(() => client.close());
  const sessions = await Promise.all(Array.from({ length: 8 }, () => client.open()));
  for (const { id } of [...sessions, ...sessions]) expect((await client.call(id)).status).toBe(200);
  await target.setShare(50);
  expect((await client.call(undefined, { "x-revision": "candidate" })).status).toBe(503);
  expect(await source.poll()).toMatchObject({
    services: {
      echo: { stable: { user: { requests: 24, failures: 0 } }, candidate: { probe: { requests: 1, failures: 1 } } },
    },
  });
});
