import { onTestFinished } from "vitest";
import type { EdgeSettings } from "../../../edge/settings.ts";
import { freePort } from "../../../rehearsal/port.ts";
import { startTestEdge, type TestEdge, temporaryFolder } from "../envoy.ts";
import { Client } from "./client.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** An edge as most tests want it: one service, two instances of stable and one of the candidate, and a client before it. `more` is what else its settings say. */
export type Everyday = TestEdge & { client: Client; stable: [Upstream, Upstream]; candidate: Upstream };

export async function startEveryday(
  defer: (cleanUp: () => Promise<void>) => void = onTestFinished,
  more: Partial<EdgeSettings> = {},
): Promise<Everyday> {
  const [one, two, candidate] = [
    await startUpstream("echo-1"),
    await startUpstream("echo-1"),
    await startUpstream("echo-2"),
  ];
  defer(async () => {
    await Promise.all([one, two, candidate].map((upstream) => upstream.stop()));
  });
  const port = await freePort();
  const settings: EdgeSettings = {
    ...more,
    folder: await temporaryFolder(defer),
    services: [
      {
        name: "echo",
        listen: at(port),
        stable: { id: "echo-1", endpoints: [at(one.port), at(two.port)] },
        candidate: { id: "echo-2", endpoints: [at(candidate.port)] },
      },
    ],
  };
  const edge = await startTestEdge(settings, defer);
  const client = new Client(port);
  defer(async () => client.close());
  return Object.assign(edge, { client, stable: [one, two] as [Upstream, Upstream], candidate });
}

/** Both ways to wait for the end: of a suite that shares an edge, `cleanUp` in `afterAll`, last begun first ended. */
export function deferred() {
  const cleanUps: (() => Promise<void>)[] = [];
  return {
    defer: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp),
    async cleanUp() {
      for (const cleanUp of cleanUps.reverse()) await cleanUp();
    },
  };
}

export const at = (port: number) => ({ address: "127.0.0.1", port });
