// Rewrites the generated pages of docs/reference.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { REFERENCE, settingsReference } from "../infra/config/reference.ts";

const file = join(fileURLToPath(new URL("..", import.meta.url)), REFERENCE);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, settingsReference());
process.stderr.write(`${REFERENCE}\n`);
