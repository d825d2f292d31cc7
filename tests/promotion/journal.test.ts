import { appendFile, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Event } from "../../promotion/events.ts";
import { begunEvents, fileJournal, JournalError, memoryJournal, UnwritableError } from "../../promotion/journal.ts";
import { promote } from "../../promotion/promote.ts";
import { fold, step } from "../../promotion/state.ts";
import { testPlan, world } from "./fixtures.ts";

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "journal-"));
});
afterAll(() => rm(folder, { recursive: true }));
const newPath = () => join(folder, `${++files}.jsonl`);

const begun: Event = { event: "begun", format: 2, at: 1, id: "p1", plan: testPlan, revisions: [] };
const smoked: Event = { event: "smoked", at: 2, passed: true, reason: "alles grün – 8 von 8 ✓ 🚀" };
const resumed: Event = { event: "resumed", at: 3, note: "weiter" };

async function written(...events: Event[]): Promise<string> {
  const path = newPath();
  for (const event of events) await fileJournal(path).append(event);
  return path;
}

/** The events of a whole promotion, as its journal holds them. */
async function recorded(): Promise<{ events: Event[]; state: Awaited<ReturnType<typeof promote>> }> {
  const { begin } = world({
    services: ["mahavishnu", "akosha"],
    rates: ({ role, second }) => (role === "candidate" && second > 8 ? { errors: 0.5 } : { slow: 0.01 }),
    silent: (second) => second === 4,
  });
  const { promotion, events } = await begin();
  return { state: await promote(promotion), events };
}

describe("an appended event", () => {
  test("is read back unchanged, and folds to the same state, event by event", async () => {
    const { events, state } = await recorded();
    const path = await written(...events);
    const read = await fileJournal(path).read();
    expect(read).toEqual(events);
    expect(fold(begunEvents(read, path))).toEqual(state);
    for (let n = 2; n <= read.length; n++) {
      const before = fold(begunEvents(read.slice(0, n - 1), path));
      expect(step(before, read[n - 1] as Event)).toEqual(fold(begunEvents(read.slice(0, n), path)));
    }
  });

  test("may be any kind of event", async () => {
    const others: Event[] = [
      { event: "moved", at: 4, share: 12.5 },
      { event: "ordered-back", at: 5, reason: "users complain" },
      { event: "drained", at: 6, ended: "limit", openRequests: 3 },
      { event: "retired", at: 7 },
      { event: "in-force", at: 8, share: 0, baseline: { silent: true, why: "no answer" } },
    ];
    expect(await fileJournal(await written(begun, ...others)).read()).toEqual([begun, ...others]);
  });

  test("is one line of JSON after the existing ones", async () => {
    const path = await written(begun, smoked);
    await fileJournal(path).append(resumed);
    const lines = (await readFile(path, "utf8")).split("\n");
    expect(lines.map((line) => line && JSON.parse(line))).toEqual([begun, smoked, resumed, ""]);
  });

  test("is on disk before the append returns", async () => {
    const path = newPath();
    const { calls, restore } = await spiedHandles();
    try {
      await fileJournal(path).append(begun);
      await fileJournal(path).append(smoked);
      expect(calls).toEqual(["write", "synced", "write", "synced"]);
    } finally {
      restore();
    }
  });
});

describe("the reserve beside a journal", () => {
  test("exists while the journal is open, and is released on close", async () => {
    const path = newPath();
    const journal = fileJournal(path);
    await journal.append(begun);
    const { size, blocks } = await stat(`${path}.reserve`);
    expect(size).toBe(256 * 1024);
    expect(blocks * 512).toBeGreaterThanOrEqual(size); // not a hole
    await journal.close();
    await expect(stat(`${path}.reserve`)).rejects.toThrow("ENOENT");
    await journal.close();
  });

  test("is freed when the disk is full, so that the next event can be written, and is not reserved again", async () => {
    const path = newPath();
    const journal = fileJournal(path);
    await journal.append(begun);
    const { restore } = await spiedHandles({ failNext: true });
    try {
      await expect(journal.append(smoked)).rejects.toThrow(UnwritableError);
      await journal.append(resumed);
    } finally {
      restore();
    }
    await expect(stat(`${path}.reserve`)).rejects.toThrow("ENOENT");
    expect(await journal.read()).toEqual([begun, resumed]);
  });
});

test("a journal that is gone, as on a lost volume, is not written again without its beginning", async () => {
  const path = await written(begun);
  const journal = fileJournal(path);
  await journal.append(smoked);
  await rm(path);
  await expect(journal.append(resumed)).rejects.toThrow(UnwritableError);
  await expect(stat(path)).rejects.toThrow("ENOENT");
});

describe("a torn last line never happened", () => {
  test("wherever it was torn, and the next append continues after the line before it", async () => {
    const whole = await readFile(await written(begun, smoked, resumed));
    const lastLine = whole.subarray(0, -1).lastIndexOf("\n") + 1;
    const lineBefore = whole.subarray(0, lastLine - 1).lastIndexOf("\n") + 1;
    const path = newPath();
    for (let length = lineBefore; length <= whole.length; length++) {
      await writeFile(path, whole.subarray(0, length));
      const kept = [begun, ...(length >= lastLine ? [smoked] : []), ...(length === whole.length ? [resumed] : [])];
      expect(await fileJournal(path).read()).toEqual(kept);
      await fileJournal(path).append(resumed);
      expect(await fileJournal(path).read()).toEqual([...kept, resumed]);
    }
  });

  test("nor do the zeros that a lost block leaves behind", async () => {
    const path = await written(begun, smoked);
    await appendFile(path, Buffer.alloc(4096));
    expect(await fileJournal(path).read()).toEqual([begun, smoked]);
    await fileJournal(path).append(resumed);
    expect(await fileJournal(path).read()).toEqual([begun, smoked, resumed]);
  });

  test("nor a line that the full disk took half of, for the journal that was writing it", async () => {
    const path = newPath();
    const journal = fileJournal(path);
    await journal.append(begun);
    const { restore } = await spiedHandles({ failNext: true });
    try {
      await expect(journal.append(smoked)).rejects.toThrow("ENOSPC");
      expect(await journal.read()).toEqual([begun]);
      await journal.append(resumed);
      expect(await journal.read()).toEqual([begun, resumed]);
    } finally {
      restore();
    }
  });

  test("a first line that was torn leaves a journal without a beginning, that can be begun", async () => {
    const path = newPath();
    await writeFile(path, JSON.stringify(begun).slice(0, 30));
    expect(await fileJournal(path).read()).toEqual([]);
    expect(() => begunEvents([], path)).toThrow(JournalError);
    await fileJournal(path).append(begun);
    expect(await fileJournal(path).read()).toEqual([begun]);
  });
});

test("reading during an append shows only whole events, and never fewer than before", async () => {
  const path = await written(begun);
  const writer = fileJournal(path);
  const reader = fileJournal(path);
  let writing = true;
  const notes = Array.from({ length: 100 }, (_, i): Event => ({ event: "resumed", at: i, note: "é".repeat(i * 20) }));
  const writes = (async () => {
    for (const note of notes) await writer.append(note);
    writing = false;
  })();
  let most = 0;
  while (writing) {
    const events = await reader.read();
    expect(events).toEqual([begun, ...notes.slice(0, events.length - 1)]);
    expect(events.length).toBeGreaterThanOrEqual(most);
    most = events.length;
  }
  await writes;
  expect(await reader.read()).toHaveLength(101);
});

describe("journals that are refused, with the file, the line and what to do", () => {
  const line = (event: Event) => `${JSON.stringify(event)}\n`;
  const brokenByte = Buffer.from(line(smoked).replace("grün", "gr\u0001n"));
  brokenByte[brokenByte.indexOf(1)] = 0xff;
  const inTheMiddle: [string, string | Buffer, RegExp][] = [
    ["half a line", `${line(smoked).slice(0, 20)}\n`, /line 2 is damaged/],
    ["an empty line", "\n", /line 2 is damaged/],
    ["zeros", Buffer.concat([Buffer.alloc(100), Buffer.from("\n")]), /line 2 is damaged/],
    ["a byte that is no text", brokenByte, /line 2 is damaged/],
    ["two events in one line", `${JSON.stringify(smoked)}${JSON.stringify(smoked)}\n`, /line 2 is damaged/],
    ["JSON that is not an event", "[1]\n", /line 2 is not a promotion event/],
    ["null", "null\n", /line 2 is not a promotion event/],
    ["an unknown event", '{"event":"exploded","at":1}\n', /line 2 is not a promotion event/],
    [
      "an event with a key too many",
      line({ ...smoked, mood: "fine" } as Event),
      /line 2 is not a promotion event.*mood/,
    ],
    [
      "an event with a key too few",
      '{"event":"smoked","at":1,"passed":true}\n',
      /line 2 is not a promotion event.*reason/,
    ],
  ];

  test.each(inTheMiddle)("%s in the middle is refused, and nothing is appended behind it", async (_, damage, words) => {
    const path = newPath();
    await writeFile(path, Buffer.concat([Buffer.from(line(begun)), Buffer.from(damage), Buffer.from(line(resumed))]));
    const before = await readFile(path);
    const failure = expect(fileJournal(path).read()).rejects;
    await failure.toThrow(JournalError);
    await failure.toThrow(words);
    await failure.toThrow(path);
    await expect(fileJournal(path).append(resumed)).rejects.toThrow(JournalError);
    expect(await readFile(path)).toEqual(before); // nothing was lost by trying
  });

  test("a journal of an unknown format", async () => {
    const path = newPath();
    await writeFile(path, JSON.stringify(begun).replace('"format":2', '"format":1').concat("\n"));
    await expect(fileJournal(path).read()).rejects.toThrow(
      /line 1 has format 1.*reads format 2.*the version that began it/,
    );
  });

  test("a file that is not there", async () => {
    const path = newPath();
    await expect(fileJournal(path).read()).rejects.toThrow(
      new JournalError(`the journal ${path} cannot be read: no such file`),
    );
  });

  test("a folder in place of the file", async () => {
    await expect(fileJournal(folder).read()).rejects.toThrow(JournalError);
  });

  test("a journal that does not begin", async () => {
    const path = newPath();
    await writeFile(path, `${JSON.stringify(smoked)}\n`);
    const read = await fileJournal(path).read();
    expect(() => begunEvents(read, path)).toThrow(JournalError);
    expect(() => begunEvents(read, path)).toThrow(path);
  });

  test("a journal that begins twice", async () => {
    const path = await written(begun, smoked, { ...begun, id: "p2" } as Event);
    const events = begunEvents(await fileJournal(path).read(), path);
    expect(() => fold(events)).toThrow("promotion p1 has already begun; its journal has a second beginning, of p2");
  });
});

test("a journal in memory gives out copies of its list", async () => {
  const journal = memoryJournal([begun]);
  (await journal.read()).pop();
  await journal.append(smoked);
  expect(await journal.read()).toEqual([begun, smoked]);
});

/** Listens to every file handle, and makes the next write stop in the middle with a full disk where asked to. */
async function spiedHandles({ failNext = false } = {}) {
  const some = await open(join(folder, "some"), "a");
  const prototype = Object.getPrototypeOf(some);
  await some.close();
  const { appendFile, datasync } = prototype;
  const calls: string[] = [];
  const spies = [
    vi.spyOn(prototype, "appendFile").mockImplementation(async function (this: unknown, data: unknown) {
      calls.push("write");
      if (!failNext) return appendFile.call(this, data);
      failNext = false;
      await appendFile.call(this, String(data).slice(0, 15));
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    }),
    vi.spyOn(prototype, "datasync").mockImplementation(async function (this: unknown) {
      await datasync.call(this);
      calls.push("synced");
    }),
  ];
  const restore = () => {
    for (const spy of spies) spy.mockRestore();
  };
  return { calls, restore };
}
