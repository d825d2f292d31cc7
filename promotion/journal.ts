import { existsSync } from "node:fs";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Begun, type Event, eventSchema, FORMAT } from "./events.ts";

/** The append-only record of one promotion. */
export type Journal = {
  /** All events so far, oldest first. */
  read(): Promise<Event[]>;
  /** Adds one event; when it returns, the event survives a crash of the machine. Throws an UnwritableError where it cannot be written. */
  append(event: Event): Promise<void>;
  /** Gives back what was kept for appending; never throws, and the journal can be appended to again. */
  close(): Promise<void>;
};

/** Nothing can be written any more where the journal and the lease are kept; the message says where and why. */
export class UnwritableError extends Error {}

/** Room for the record of a rollback on a disk that has filled up, in bytes: some dozens of polls of several services. */
const RESERVE_BYTES = 256 * 1024;

/** A journal that cannot be gone on with; the message says which line of which file and why. */
export class JournalError extends Error {}

/**
 * A journal in a file: one JSON object a line, synced to the disk line by line. A torn last line (a crash while it was written) never
 * happened: reading passes it over and the next append overwrites it. Only the holder of the promotion's lease may append.
 * Reading throws a JournalError for a file of another format or with a damaged line that is not the last. While it is appended to, a file
 * beside it keeps space in reserve; where the disk is full, that is freed and the append fails, so that what must still be written can be.
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
    const file = await open(path, "a");
    try {
      const isNew = (await file.stat()).size === 0;
      if (!whole) await file.truncate((await readWhole(path)).length);
      whole = false; // an append that fails may leave part of its line
      await file.appendFile(`${JSON.stringify(event)}\n`);
      await file.datasync();
      if (isNew) await syncFolder(dirname(path));
      whole = true;
    } finally {
      await file.close();
    }
  }
}

/** Without this a new file survives a crash of the machine, but not its name. */
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

/** The events of a journal that has a beginning. Throws a JournalError where it has none. */
export function begunEvents(events: readonly Event[], path: string): [Begun, ...Event[]] {
  const [first, ...rest] = events;
  if (first?.event === "begun") return [first, ...rest];
  throw new JournalError(
    `${path} does not say how its promotion began (${events.length} events): there is nothing to go on with`,
  );
}

/** Refuses broken bytes instead of replacing them: a replaced one would pass for what was written. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

async function readWhole(path: string): Promise<{ events: Event[]; length: number }> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new JournalError(
      `the journal ${path} cannot be read: ${error.code === "ENOENT" ? "there is no such file" : error.message}`,
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
    content = JSON.parse(utf8.decode(line));
  } catch {
    throw new JournalError(
      `${where} is damaged: it is no JSON. The lines before it are whole; restore the file from a copy`,
    );
  }
  const parsed = eventSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const format = (content as { format?: unknown } | null)?.format;
  if (format !== undefined && format !== FORMAT) {
    throw new JournalError(
      `${where} is of format ${String(format)}, but this version reads format ${FORMAT}: finish it with the version that began it`,
    );
  }
  const [problem] = parsed.error.issues;
  throw new JournalError(
    `${where} is no event of a promotion: ${problem?.path.join(".") ?? ""} ${problem?.message ?? ""}`,
  );
}
