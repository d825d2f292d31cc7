import { parseArgs } from "node:util";
import { parseFault } from "./faults.ts";
import { startReferenceServer } from "./server.ts";

// The reference server as a process: prints its port on a line, and ends on SIGTERM.
// node tests/reference-server/main.ts --version 1.0.0 [--name mahavishnu] [--host 127.0.0.1] [--port 0] [--tools a,b] [--fault errors:5]
// `PORT` and `FAULT` in the environment stand for options that are not given.
const { values } = parseArgs({
  options: {
    name: { type: "string", default: "reference" },
    version: { type: "string" },
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: process.env.PORT ?? "0" },
    tools: { type: "string" },
    fault: { type: "string", default: process.env.FAULT ?? "none" },
  },
});
if (!values.version) throw new Error("--version is missing");

const server = await startReferenceServer({
  name: values.name,
  version: values.version,
  host: values.host,
  port: Number(values.port),
  fault: parseFault(values.fault),
  ...(values.tools && { tools: values.tools.split(",") }),
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.close());
process.stdout.write(`${server.port}\n`);
