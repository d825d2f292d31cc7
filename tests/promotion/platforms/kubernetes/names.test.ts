import { expect, test, vi } from "vitest";
import type { Edge } from "../../../../edge/settings.ts";
import { findInCluster, NOWHERE, remembering, resolved } from "../../../../promotion/platforms/kubernetes/names.ts";

/** An edge whose two revisions are at these addresses. */
const edge = (stable: string, candidate: string): Edge => ({
  settings: {
    folder: "/var/lib/edge",
    services: [
      {
        name: "akosha",
        listen: { address: "0.0.0.0", port: 8682 },
        stable: { id: "akosha-1", endpoints: [{ address: stable, port: 8682 }] },
        candidate: { id: "akosha-2", endpoints: [{ address: candidate, port: 8682 }] },
      },
    ],
  },
  position: { share: 25, draining: [], retired: ["akosha-0"] },
});

test("an edge with host names becomes the edge with their addresses", async () => {
  const addresses: Record<string, string> = { "akosha-1.prod": "10.96.0.1", "akosha-2.prod": "10.96.0.2" };
  const found = await resolved(edge("akosha-1.prod", "akosha-2.prod"), async (name) => addresses[name]);
  expect(found).toEqual(edge("10.96.0.1", "10.96.0.2"));
});

test("a name without an address leads nowhere, and the other revision is not affected", async () => {
  expect(await resolved(edge("akosha-1.prod", "10.96.0.2"), async () => undefined)).toEqual(edge(NOWHERE, "10.96.0.2"));
});

test("an edge without names is not changed, and nothing is resolved", async () => {
  const find = vi.fn(async () => "10.0.0.1");
  expect(await resolved(edge("10.96.0.1", "10.96.0.2"), find)).toEqual(edge("10.96.0.1", "10.96.0.2"));
  expect(find).not.toHaveBeenCalled();
});

test("when names cannot be resolved, there is no edge", async () => {
  const failing = async () => Promise.reject(new Error("cannot resolve x"));
  await expect(resolved(edge("x.prod", "10.96.0.2"), failing)).rejects.toThrow("cannot resolve x");
});

test("the last known address is kept while resolution fails, and changes are reported", async () => {
  const answers = [async () => "10.0.0.1", async () => Promise.reject(new Error("down")), async () => "10.0.0.2"];
  const changed = vi.fn();
  const find = remembering(() => (answers.shift() ?? (async () => undefined))(), changed);
  expect(await find("a")).toBe("10.0.0.1");
  expect(await find("a")).toBe("10.0.0.1"); // asks behind it, in vain
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  await new Promise(setImmediate);
  expect(await find("a")).toBe("10.0.0.1"); // asks again
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1));
  expect(await find("a")).toBe("10.0.0.2");
});

test("names are found as programs find them: one that does not exist has no address", async () => {
  expect(await findInCluster("localhost")).toBe("127.0.0.1");
  await expect(findInCluster("no-such-name.invalid")).resolves.toBeUndefined();
});
