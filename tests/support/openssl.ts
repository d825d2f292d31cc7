import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const found = (process.env.PATH ?? "").split(delimiter).some((place) => existsSync(join(place, "openssl")));

/** Whether suites that need certificates are skipped, and how their titles say so; where CI is set they fail instead. */
export const withoutOpenssl = !found && !process.env.CI;
export const openssl = found ? "" : " (skipped: openssl is not on PATH)";
