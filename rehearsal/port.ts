import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ephemeral range, so that no outgoing connection takes the port in the meantime. */
const RANGE = { from: 20_000, to: 32_000 };
const TRIES = 100;

/** A free port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = randomInt(RANGE.from, RANGE.to);
    const probe = createServer().listen(port, "127.0.0.1");
    const isFree = await once(probe, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
  throw new Error(
    `no free port on 127.0.0.1: tried ${TRIES} between ${RANGE.from} and ${RANGE.to}, and all are in use`,
  );
}
