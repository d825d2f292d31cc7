import { constants, existsSync } from "node:fs";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseJson } from "../ecosystem/json.ts";
import { type Begun, type Event, eventSchema, FORMAT } from "./events.ts";

/** The append-only record of one promotion. */
export type Journal = {
  /** All events so far, oldest first. */
  read(): Promise<Event[]>;
  /** Appends one event; once it returns, the event survives a machine crash. Throws an UnwritableError when the write fails. */
  append(event: Event): Promise<void>;
  /** Releases what was held for appending; never throws, and a later append still works. */
  close(): Promise<void>;
};

/** The folder of the journal and the lease is not writable; the message says where and why. */
export class UnwritableError extends Error {}

/** Bytes reserved to record a rollback on a full disk: a few dozen polls of several services. */
const RESERVE_BYTES = 256 * 1024;

/** A journal that cannot be continued; the message names the file, the line and the reason. */
export class JournalError extends Error {}

/**
 * A journal in a file: one JSON object per line, each line synced to disk. A torn last line (from a crash during the write) is ignored
 * by reads and overwritten by the next append. Only the holder of the promotion's lease may append.
 * Reading throws a JournalError for another format, or for a damaged line that is not the last. While it is being appended to, a file
 * beside it reserves space; on a full disk that space is freed and the append fails, so that the rollback can still be recorded.
 */
export function fileJournal(path: string): Journal {
  const reserve = `${path}.reserve`;
  let whole = false;
  let freed = false;
  return {
    read: async () => (await readWhole(path)).events,
    append: async (event) => {
      try {
        if (!freed && !existsSync(reserve)) await writeFile(reserve, Buffer.alloc(RESERVE_BYTES), { flush: true });
        await write(event);
      } catch (error) {
        if (error instanceof JournalError) throw error;
        if ((error as NodeJS.ErrnoException).code === "ENOSPC") {
          freed = true;
          await rm(reserve, { force: true });
        }
        throw new UnwritableError(`the journal ${path} cannot be written: ${(error as Error).message}`);
      }
    },
    close: () => rm(reserve, { force: true }).catch(() => {}),
  };

  async function write(event: Event): Promise<void> {
    // a journal on a lost volume must not begin again without its beginning
    const file = await open(path, event.event === "begun" ? "a" : constants.O_WRONLY | constants.O_APPEND);
    try {
      const isNew = (await file.stat()).size === 0;
      if (!whole) await file.truncate((await readWhole(path)).length);
      whole = false; // a failed append may leave a partial line
      await file.appendFile(`${JSON.stringify(event)}\n`);
      await file.datasync();
      if (isNew) await syncFolder(dirname(path));
      whole = true;
    } finally {
      await file.close();
    }
  }
}

/** Without this, a new file's data survives a machine crash, but its name may not. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A journal that lives as long as the process: for simulations and tests. */
export function memoryJournal(events: Event[] = []): Journal {
  return { read: async () => [...events], append: async (event) => void events.push(event), close: async () => {} };
}

/** The events of a journal that has a beginning. Throws a JournalError when it has none. */
export function begunEvents(events: readonly Event[], path: string): [Begun, ...Event[]] {
  const [first, ...rest] = events;
  if (first?.event === "begun") return [first, ...rest];
  throw new JournalError(`${path} has no beginning (${events.length} events), so there is no promotion to continue`);
}

/** Rejects invalid UTF-8 instead of replacing it: a replacement would pass for written content. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

async function readWhole(path: string): Promise<{ events: Event[]; length: number }> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new JournalError(
      `the journal ${path} cannot be read: ${error.code === "ENOENT" ? "no such file" : error.message}`,
    );
  });
  const whole = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);
  const events = linesOf(whole).map((line, i) => parseLine(line, `${path}, line ${i + 1}`));
  return { events, length: whole.length };
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0, end = bytes.indexOf("\n"); end >= 0; start = end + 1, end = bytes.indexOf("\n", start)) {
    lines.push(bytes.subarray(start, end));
  }
  return lines;
}

function parseLine(line: Buffer, where: string): Event {
  let content: unknown;
  try {
    content = parseJson(utf8.decode(line));
  } catch (error) {
    throw new JournalError(
      `${where} is damaged: not valid JSON (${(error as Error).message}). The lines before it are intact; restore the file from a copy`,
    );
  }
  const parsed = eventSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const format = (content as { format?: unknown } | null)?.format;
  if (format !== undefined && format !== FORMAT) {
    throw new JournalError(
      `${where} has format ${String(format)}, but this version reads format ${FORMAT}: finish the promotion with the version that began it`,
    );
  }
  const [problem] = parsed.error.issues;
  throw new JournalError(
    `${where} is not a promotion event: ${problem?.path.join(".") ?? ""} ${problem?.message ?? ""}`,
  );
}
