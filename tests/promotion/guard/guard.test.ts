import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../promotion/clock.ts";
import type { Event } from "../../../promotion/events.ts";
import { admitDeployment, RefusedError } from "../../../promotion/guard/guard.ts";
import { lastPromotion } from "../../../promotion/guard/history.ts";
import { LeaseError, takeLease } from "../../../promotion/lease.ts";
import { plans } from "../../../promotion/plan.ts";
import type { TrafficState } from "../../../promotion/traffic-state.ts";

const holder = (pid = process.pid) => ({ owner: "test", host: "here", pid });
const revisions = [{ service: "akosha", stable: "a", candidate: "b" }];
const silent = { silent: true, why: "nothing was counted" } as const;

const begun = (id: string, at: number): Event => ({
  event: "begun",
  format: 2,
  at,
  id,
  plan: plans.rehearsal,
  revisions,
});
const smoked: Event = { event: "smoked", at: 2, passed: true, reason: "8 of 8" };
const inForce = (share: number): Event => ({ event: "in-force", at: 3, share, baseline: silent });
const back: Event = { event: "ordered-back", at: 4, reason: "no" };

async function folderWith(journals: Record<string, Event[]>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "maha-guard-"));
  for (const [name, events] of Object.entries(journals)) {
    await writeFile(join(folder, `${name}.jsonl`), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  }
  return folder;
}

function admit(
  folder: string,
  trafficState: TrafficState | null,
  preview: boolean,
  readTrafficState = async () => trafficState,
) {
  const guard = { stack: "prod", folder, holder: holder(), clock: systemClock, readTrafficState, onLost: () => {} };
  return admitDeployment(guard, { akosha: { stable: "a", candidate: "b" } }, preview);
}

const rest: TrafficState = { declared: { akosha: { a: 100 } }, live: { akosha: { a: 100 } } };
const leases = async (folder: string) => (await readdir(folder)).filter((name) => name.startsWith("lease."));
/** A live process that is not this one. */
const somebody = { owner: "promoter", host: "here", pid: process.ppid };

describe("the last promotion of a stack", () => {
  test.each<[string, Event[], string]>([
    ["begun", [begun("p", 1)], "open"],
    ["under way", [begun("p", 1), smoked, inForce(10)], "open"],
    ["ordered back, not yet carried out", [begun("p", 1), smoked, inForce(10), back], "open"],
    ["taken back", [begun("p", 1), smoked, inForce(10), back, inForce(0)], "rolled-back"],
    ["not alive at 0 %", [begun("p", 1), { ...smoked, passed: false } as Event], "rolled-back"],
    ["moved by hand", [begun("p", 1), smoked, inForce(10), { event: "moved", at: 5, share: 50 }], "open"],
  ])("that was %s", async (_, events, result) => {
    expect(await lastPromotion(await folderWith({ p: events }))).toMatchObject({ id: "p", result });
  });

  test("is the one that began last, whatever its file is called", async () => {
    const folder = await folderWith({
      z: [begun("old", 1), { ...smoked, passed: false } as Event],
      a: [begun("new", 9)],
    });
    expect(await lastPromotion(folder)).toMatchObject({ id: "new", result: "open" });
    expect(await lastPromotion(join(folder, "nothing-here"))).toBeNull();
    await writeFile(join(folder, "torn.jsonl"), '{"event":"beg'); // a crash in its first line: it never began
    expect(await lastPromotion(folder)).toMatchObject({ id: "new" });
  });
});

describe("the guard", () => {
  test("admits a deployment at rest, and holds the lease only for an update", async () => {
    const folder = await folderWith({});
    await admit(folder, rest, true);
    expect(await leases(folder)).toEqual([]);
    await admit(folder, rest, false);
    expect(await leases(folder)).toHaveLength(1);
    const other = { folder, holder: { ...somebody }, clock: systemClock };
    await expect(takeLease(other)).rejects.toThrow(LeaseError);
  });

  test.each([true, false])("refuses while another holder has the lease (preview: %s)", async (preview) => {
    const folder = await folderWith({});
    await takeLease({ folder, holder: somebody, clock: systemClock });
    await expect(admit(folder, rest, preview)).rejects.toThrow(
      /the traffic lease is held by promoter \(process \d+ on here\)/,
    );
  });

  test("checks the lease and the traffic again on confirmation", async () => {
    const folder = await folderWith({});
    const now = { ...rest };
    const confirm = await admit(folder, rest, false, async () => now);
    await confirm();
    now.live = { akosha: { a: 50, b: 50 } };
    await expect(confirm()).rejects.toThrow(/the live traffic split of akosha is a 50 %, b 50 %/);
    now.live = rest.live;
    await takeLease({ folder, holder: somebody, clock: { ...systemClock, now: () => Date.now() + 600_000 } });
    await expect(confirm()).rejects.toThrow(/was lost: the traffic lease is held by promoter/);
  });

  test("refuses during an unfinished promotion, and releases the lease", async () => {
    const folder = await folderWith({ p: [begun("p", 1), smoked, inForce(10)] });
    await expect(admit(folder, rest, false)).rejects.toThrow(RefusedError);
    await takeLease({ folder, holder: somebody, clock: systemClock }); // free again
  });

  test("refuses when the traffic state is unknown, and releases the lease", async () => {
    const folder = await folderWith({});
    const broken = () => Promise.reject(new Error("the edge cannot be asked"));
    await expect(admit(folder, null, false, broken)).rejects.toThrow("the edge cannot be asked");
    await takeLease({ folder, holder: somebody, clock: systemClock });
  });
});
