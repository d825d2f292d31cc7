import { fork } from "node:child_process";
import { once } from "node:events";
import { reason } from "./reason.ts";

/** What a helper process can be asked, by verb. Arguments and answers travel as JSON. */
type Verbs = { [verb: string]: (argument: never) => unknown };

/** The main process's end of the wire to one helper process. */
export type Link<V extends Verbs> = {
  /** Asks the helper and waits for its answer. Throws what the helper threw, or that it has ended. */
  ask<K extends keyof V & string>(verb: K, ...argument: Parameters<V[K]>): Promise<Awaited<ReturnType<V[K]>>>;
  /** Lets the helper go: it ends, and everything that it started. Resolves when it is gone. */
  end(): Promise<void>;
  /** Resolves when the helper has ended, with how. */
  ended: Promise<{ code: number | null; signal: string | null }>;
};

/**
 * Starts a helper process that runs `module` and hears what it tells. The wire is also its lifeline: when this process
 * ends, however that happens, the helper notices and ends too. It has a session of its own, so that neither Ctrl-C on
 * the terminal nor a signal to this process's group reaches it.
 */
export function startHelper<V extends Verbs, Event = never>(
  what: string,
  module: URL,
  hear: (event: Event) => void = () => {},
): Link<V> {
  const helper = fork(module, { detached: true, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let asked = 0;
  let gone: Error | undefined;

  helper.on("message", (message: Message<Event>) => {
    if ("event" in message) return hear(message.event);
    const question = open.get(message.id);
    open.delete(message.id);
    if ("error" in message) question?.reject(new Error(message.error));
    else question?.resolve(message.result as never);
  });
  const ended = once(helper, "exit").then(([code, signal]) => {
    gone = new Error(`${what} has ended (${signal ?? `exit code ${code}`})`);
    for (const { reject } of open.values()) reject(gone);
    open.clear();
    return { code, signal };
  });

  return {
    ask: (verb, ...[argument]) =>
      new Promise((resolve, reject) => {
        if (gone) return reject(gone);
        const id = ++asked;
        open.set(id, { resolve, reject });
        helper.send({ id, verb, argument }, (error) => error && reject(error));
      }),
    async end() {
      if (helper.connected) helper.disconnect();
      const patience = setTimeout(() => helper.kill("SIGKILL"), 2000);
      await ended;
      clearTimeout(patience);
    },
    ended,
  };
}

/** The helper's end of the wire: answers questions, and returns the way to tell the main process something unasked. */
export function serve<Event = never>(verbs: Verbs): (event: Event) => void {
  // The main process decides when to end: it has a journal to close first.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  process.on("disconnect", () => process.exit());
  const send = (message: Message<Event>): void => void process.send?.(message, undefined, undefined, () => {});
  process.on("message", async ({ id, verb, argument }: Question) => {
    try {
      send({ id, result: await verbs[verb]?.(argument as never) });
    } catch (error) {
      send({ id, error: reason(error) });
    }
  });
  return (event) => send({ event });
}

type Question = { id: number; verb: string; argument: unknown };
type Message<Event> = { event: Event } | { id: number; result: unknown } | { id: number; error: string };
