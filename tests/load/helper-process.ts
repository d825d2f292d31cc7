import { serve } from "../../load/link.ts";
import { startChild } from "../../rehearsal/child.ts";

/** A helper process for the tests of the wire. */
export type HelperVerbs = {
  add(numbers: number[]): number;
  fail(message: string): never;
  tell(event: string): void;
  hang(): Promise<never>;
  exit(code: number): never;
  /** Starts a process that ignores polite requests to end; its id. */
  child(log: string): Promise<number>;
};

const verbs: HelperVerbs = {
  add: (numbers) => numbers.reduce((sum, number) => sum + number, 0),
  fail(message) {
    throw new Error(message);
  },
  tell: (event) => tell(event),
  hang: () => new Promise(() => {}),
  exit: (code) => process.exit(code),
  async child(log) {
    const command = [process.execPath, "-e", 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'];
    const { pid } = await startChild({ what: "a child", command, folder: ".", log });
    return pid;
  },
};

const tell = serve<string>(verbs);
