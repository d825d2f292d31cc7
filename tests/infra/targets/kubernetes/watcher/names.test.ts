import { expect, test, vi } from "vitest";
import type { ServiceName } from "../../../../../ecosystem/services.ts";
import { edgeFiles } from "../../../../../edge/files.ts";
import type { EdgeSettings } from "../../../../../edge/settings.ts";
import { restingPosition } from "../../../../../edge/settings.ts";
import { restingFiles } from "../../../../../infra/targets/kubernetes/edge-settings.ts";
import {
  findInCluster,
  NOWHERE,
  remembering,
  resolved,
} from "../../../../../infra/targets/kubernetes/watcher/names.ts";

/** An edge whose two revisions are at these addresses. */
const edge = (stable: string, candidate: string): EdgeSettings => ({
  folder: "/var/lib/edge",
  services: [
    {
      name: "akosha" satisfies ServiceName,
      listen: { address: "0.0.0.0", port: 8682 },
      // the id of a revision begins as its name does, and must not be touched
      stable: { id: "akosha-1", endpoints: [{ address: stable, port: 8682 }] },
      candidate: { id: "akosha-2", endpoints: [{ address: candidate, port: 8682 }] },
    },
  ],
});

test("files with names become the files of an edge with those addresses", async () => {
  const addresses: Record<string, string> = { "akosha-1.prod": "10.96.0.1", "akosha-2.prod": "10.96.0.2" };
  const found = await resolved(restingFiles(edge("akosha-1.prod", "akosha-2.prod")), async (name) => addresses[name]);
  const expected = edgeFiles(edge("10.96.0.1", "10.96.0.2"), restingPosition);
  for (const [path, content] of Object.entries(expected)) {
    expect(JSON.parse(found[path.replace("xds/", "")] ?? ""), path).toEqual(content);
  }
  expect(Object.keys(found)).toHaveLength(Object.keys(expected).length);
});

test("a name without an address leads nowhere, and the other revision is as it was", async () => {
  const found = await resolved(restingFiles(edge("akosha-1.prod", "10.96.0.2")), async () => undefined);
  expect(found["eds-akosha-1.json"]).toContain(`"${NOWHERE}"`);
  expect(found["eds-akosha-2.json"]).toContain('"10.96.0.2"');
});

test("files without names are left as they are, and nobody is asked", async () => {
  const files = restingFiles(edge("10.96.0.1", "10.96.0.2"));
  const find = vi.fn(async () => "10.0.0.1");
  expect(await resolved(files, find)).toEqual(files);
  expect(find).not.toHaveBeenCalled();
});

test("where nobody can say, there are no files", async () => {
  const failing = async () => Promise.reject(new Error("the address of x cannot be found out"));
  await expect(resolved(restingFiles(edge("x.prod", "10.96.0.2")), failing)).rejects.toThrow("cannot be found out");
});

test("what was found last is remembered while nobody answers, and a change is told", async () => {
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
