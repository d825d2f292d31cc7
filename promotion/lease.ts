import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { parseJson } from "../ecosystem/json.ts";
import type { Milliseconds } from "../ecosystem/units.ts";
import type { Clock } from "./clock.ts";
import { UnwritableError } from "./journal.ts";

/** How long a lease lasts without renewal. */
export const LEASE_MS: Milliseconds = 15_000;

const ticketSchema = z.object({
  owner: z.string(),
  host: z.string(),
  pid: z.int(),
  processes: z.string().optional(),
  acquired: z.number(),
  expires: z.number(),
  released: z.boolean(),
});
type Ticket = z.infer<typeof ticketSchema>;

/** A lease holder: a name for people, and its process. `processes` names the PID space that the process number belongs to. */
export type Holder = { owner: string; host: string; pid: number; processes?: string | undefined };

/** The right to move traffic, until it expires or is lost. */
export type Lease = {
  /** From whom the lease was taken over and why, or null. */
  note: string | null;
  /**
   * Renews the lease. Throws a LeaseError when another holder has taken it: then no more traffic may be moved. Throws an
   * UnwritableError when the folder is not writable or has no tickets any more (a lost volume): then no one else has the lease either.
   */
  renew(): Promise<void>;
  /** Keeps renewing the lease while `work` runs, which may take longer than a lease lasts, and returns its result. */
  keep<T>(work: Promise<T>): Promise<T>;
  /** Releases the lease; a lost one is left to its new holder, and one that is not writable expires. Never throws. */
  release(): Promise<void>;
};

/** Another holder has the lease; the message says who and since when. */
export class LeaseError extends Error {}

type LeaseRequest = { folder: string; holder: Holder; clock: Clock; alive?: (pid: number) => boolean };

/**
 * Takes the lease of a folder. A lease is a numbered ticket: a file that only one process can create. A ticket is valid until it is
 * released or expires, or its process (of the same boot and PID namespace) is gone. The next number then goes to the first process that
 * creates it, so two can never both win, and the holder of an older number notices at its next renewal. Throws a LeaseError while another
 * holder's ticket is valid, and an UnwritableError when the folder is not writable.
 */
export async function takeLease(request: LeaseRequest): Promise<Lease> {
  try {
    return await take(request);
  } catch (error) {
    if (error instanceof LeaseError) throw error;
    throw new UnwritableError(
      `the lease in ${request.folder} cannot be taken (${(error as Error).message}): make the folder writable or free some space, then run the command again`,
    );
  }
}

async function take({ folder, holder, clock, alive = processLives }: LeaseRequest): Promise<Lease> {
  await mkdir(folder, { recursive: true });
  const last = await newest(folder);
  if (last && counts(last.ticket, holder, clock, alive)) throw new LeaseError(heldBy(last.ticket, clock));
  const number = (last?.number ?? 0) + 1;
  const path = join(folder, `lease.${number}.json`);
  const ticket = (): Ticket => ({ ...holder, acquired, expires: clock.now() + LEASE_MS, released: false });
  const acquired = clock.now();
  const created = await create(path, ticket());
  const winner = await newest(folder);
  if (winner?.number !== number || !created) {
    if (created) await rm(path, { force: true }); // this number was taken and released since the folder was read
    throw new LeaseError(
      winner
        ? heldBy(winner.ticket, clock)
        : `the lease in ${folder} was taken by another process at the same time; try again`,
    );
  }
  if (last) await rm(last.path, { force: true });

  const stillMine = async () => {
    const now = await newest(folder);
    if (now?.number === number) return;
    // a lost volume leaves an empty folder; whoever takes a lease leaves a newer ticket
    if (!now) throw new UnwritableError(`the lease in ${folder} cannot be renewed: its file is gone`);
    throw new LeaseError(`the lease in ${folder} was lost: ${heldBy(now.ticket, clock)}`);
  };
  const renew = async () => {
    try {
      await stillMine();
      await replace(path, ticket());
    } catch (error) {
      if (error instanceof LeaseError || error instanceof UnwritableError) throw error;
      throw new UnwritableError(`the lease in ${folder} cannot be renewed: ${(error as Error).message}`);
    }
  };
  return {
    note: last && !last.ticket.released ? takenFrom(last.ticket, holder, clock) : null,
    renew,
    keep: async (work) => {
      const over = new AbortController();
      const finished = work.finally(() => over.abort());
      while (!over.signal.aborted) {
        await Promise.race([finished, clock.sleep(LEASE_MS / 3, over.signal)]);
        await renew();
      }
      return finished;
    },
    release: async () => {
      try {
        if ((await newest(folder))?.number !== number) return; // already lost: nothing to release
        await replace(path, { ...ticket(), released: true }); // the file stays: its number must never be reused
      } catch {} // not writable: it expires by itself
    },
  };
}

/** Throws a LeaseError while another holder's lease of a folder is valid. Takes and writes nothing. */
export async function checkLease({ folder, holder, clock, alive = processLives }: LeaseRequest): Promise<void> {
  const last = existsSync(folder) ? await newest(folder) : null;
  if (last && counts(last.ticket, holder, clock, alive)) throw new LeaseError(heldBy(last.ticket, clock));
}

/** A lease that is always granted: for simulations, which share nothing. */
export const noLease: Lease = { note: null, renew: async () => {}, keep: (work) => work, release: async () => {} };

const counts = (ticket: Ticket, holder: Holder, clock: Clock, alive: (pid: number) => boolean): boolean =>
  !ticket.released && ticket.expires > clock.now() && (!canSee(ticket, holder) || alive(ticket.pid));

/** A process number is meaningful only in the same boot of the same host and the same PID namespace; elsewhere only the expiry counts. */
const canSee = (ticket: Ticket, holder: Holder): boolean =>
  ticket.host === holder.host && ticket.processes === holder.processes;

const heldBy = (ticket: Ticket, clock: Clock): string =>
  `the traffic lease is held by ${ticket.owner} (process ${ticket.pid} on ${ticket.host}), ` +
  `taken ${age(ticket.acquired, clock)} ago; it expires in ${Math.max(0, Math.ceil((ticket.expires - clock.now()) / 1000))} s unless renewed`;

const takenFrom = (ticket: Ticket, holder: Holder, clock: Clock): string => {
  const why = ticket.expires <= clock.now() ? `expired ${age(ticket.expires, clock)} ago` : "its process is gone";
  const where = ticket.host === holder.host ? "" : ` on ${ticket.host}`;
  return `took over the lease of ${ticket.owner} (process ${ticket.pid}${where}): ${why}`;
};

const age = (since: number, clock: Clock): string => `${Math.max(0, Math.round((clock.now() - since) / 1000))} s`;

function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it exists, but belongs to another user
  }
}

async function newest(folder: string): Promise<{ number: number; path: string; ticket: Ticket } | null> {
  const numbers = (await readdir(folder)).flatMap((name) => /^lease\.(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
  if (numbers.length === 0) return null;
  const number = Math.max(...numbers);
  const path = join(folder, `lease.${number}.json`);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null; // replaced by a newer ticket since the folder was read
    throw error;
  });
  return text === null ? newest(folder) : { number, path, ticket: parseTicket(text, path) };
}

function parseTicket(text: string, path: string): Ticket {
  try {
    return ticketSchema.parse(parseJson(text));
  } catch {
    throw new LeaseError(
      `${path} is not a lease that this version can read; if no promotion is running, delete the file`,
    );
  }
}

/** Creates the ticket atomically with its content; false when the number is taken. */
async function create(path: string, ticket: Ticket): Promise<boolean> {
  const draft = await writeDraft(path, ticket);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

const replace = async (path: string, ticket: Ticket): Promise<void> => rename(await writeDraft(path, ticket), path);

async function writeDraft(path: string, ticket: Ticket): Promise<string> {
  const draft = join(dirname(path), `.lease.${randomUUID()}.draft`);
  await writeFile(draft, JSON.stringify(ticket), { flag: "wx" });
  return draft;
}
