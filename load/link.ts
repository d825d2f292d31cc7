import { fork } from "node:child_process";
import { once } from "node:events";
import { reason } from "./reason.ts";

/** The calls of a helper process, by name. Arguments and results travel as JSON. */
type Verbs = { [verb: string]: (argument: never) => unknown };

/** The main process's end of the connection to a helper process. */
export type Link<V extends Verbs> = {
  /** Calls the helper and waits for the result. Throws what the helper threw, or an error if it has ended. */
  ask<K extends keyof V & string>(verb: K, ...argument: Parameters<V[K]>): Promise<Awaited<ReturnType<V[K]>>>;
  /** Ends the helper and everything it started. Resolves when it has ended. */
  end(): Promise<void>;
  /** Resolves with the exit code or signal when the helper has ended. */
  ended: Promise<{ code: number | null; signal: string | null }>;
};

/**
 * Starts a helper process that runs `module`, and receives its events. The connection is also its lifeline: when this
 * process ends, even by SIGKILL, the helper ends too. It has its own session, so that neither Ctrl-C on the terminal nor a
 * signal to this process's group reaches it.
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
      const timer = setTimeout(() => helper.kill("SIGKILL"), 2000);
      await ended;
      clearTimeout(timer);
    },
    ended,
  };
}

/** The helper's end of the connection: serves calls, and returns a function that sends events to the main process. */
export function serve<Event = never>(verbs: Verbs): (event: Event) => void {
  // The main process decides when to end, because it has a journal to close first.
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
