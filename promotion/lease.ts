import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Milliseconds } from "../ecosystem/units.ts";
import type { Clock } from "./clock.ts";
import { UnwritableError } from "./journal.ts";

/** How long a lease lasts without being renewed. */
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

/** Who asks for the lease: a name for people, and the process that holds it. `processes` names the set of processes that its number is from. */
export type Holder = { owner: string; host: string; pid: number; processes?: string | undefined };

/** The right to move traffic, until it expires or is lost. */
export type Lease = {
  /** What was taken over from whom, or null. */
  note: string | null;
  /**
   * Holds the lease for another while. Throws a LeaseError when somebody else has taken it: then no traffic may be moved any more; and an
   * UnwritableError where nothing can be written: then nobody else can take it either.
   */
  renew(): Promise<void>;
  /** Holds the lease while something runs that may take longer than the lease lasts, and passes on what came of it. */
  keep<T>(work: Promise<T>): Promise<T>;
  /** Gives the lease back; one that is lost already is left to its new holder. */
  release(): Promise<void>;
};

/** The lease is somebody else's; the message says whose and since when. */
export class LeaseError extends Error {}

type LeaseRequest = { folder: string; holder: Holder; clock: Clock; alive?: (pid: number) => boolean };

/**
 * Takes the lease of a folder. The lease is a ticket with a number: a file that only one process can create. A ticket counts until it is
 * released or expires, or its process (of the same boot and PID namespace) is gone; the next number then belongs to whoever creates it first, so that two takers
 * cannot both win, and whoever held an older number sees it at the next renewal. Throws a LeaseError while another holder's ticket counts.
 */
export async function takeLease({ folder, holder, clock, alive = processLives }: LeaseRequest): Promise<Lease> {
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
    if (created) await rm(path, { force: true }); // this number had come and gone since the folder was read
    throw new LeaseError(
      winner ? heldBy(winner.ticket, clock) : `the lease in ${folder} was taken in this very moment; try again`,
    );
  }
  if (last) await rm(last.path, { force: true });

  const stillMine = async () => {
    const now = await newest(folder);
    if (now?.number === number) return;
    throw new LeaseError(`the lease in ${folder} was lost: ${now ? heldBy(now.ticket, clock) : "its file is gone"}`);
  };
  const renew = async () => {
    try {
      await stillMine();
      await replace(path, ticket());
    } catch (error) {
      if (error instanceof LeaseError) throw error;
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
      if ((await newest(folder))?.number !== number) return; // lost already: there is nothing to give back
      await replace(path, { ...ticket(), released: true }); // the file stays: its number must not be given twice
    },
  };
}

/** Throws a LeaseError while another holder's lease of a folder counts; takes nothing and writes nothing. */
export async function checkLease({ folder, holder, clock, alive = processLives }: LeaseRequest): Promise<void> {
  const last = existsSync(folder) ? await newest(folder) : null;
  if (last && counts(last.ticket, holder, clock, alive)) throw new LeaseError(heldBy(last.ticket, clock));
}

/** A lease for what nobody else can reach: simulations. */
export const noLease: Lease = { note: null, renew: async () => {}, keep: (work) => work, release: async () => {} };

const counts = (ticket: Ticket, holder: Holder, clock: Clock, alive: (pid: number) => boolean): boolean =>
  !ticket.released && ticket.expires > clock.now() && (!canSee(ticket, holder) || alive(ticket.pid));

/** A process number says something only under the same boot of the same host, and in the same PID namespace; elsewhere only time counts. */
const canSee = (ticket: Ticket, holder: Holder): boolean =>
  ticket.host === holder.host && ticket.processes === holder.processes;

const heldBy = (ticket: Ticket, clock: Clock): string =>
  `traffic is in other hands: the lease belongs to ${ticket.owner} (process ${ticket.pid} on ${ticket.host}), ` +
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
    return (error as NodeJS.ErrnoException).code === "EPERM"; // there, but somebody else's
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
    return ticketSchema.parse(JSON.parse(text));
  } catch {
    throw new LeaseError(`${path} is no lease that this version can read; if no promotion is running, remove the file`);
  }
}

/** Creates the ticket with its whole content at once, or answers false where the number is taken. */
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
  await writeFile(draft, JSON.stringify(ticket));
  return draft;
}
