// Node loads this file before Pulumi's runtime (Pulumi.yaml, nodeargs), which then starts in half the time and memory.
// Plain JavaScript: it also speaks to a Node that cannot read TypeScript, and spares the others their reader of it.
import module, { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

if (!process.features.typescript) {
  process.stderr.write(
    `The program is TypeScript, which ${process.execPath} (Node ${process.versions.node}) cannot read. The project brings a Node that can: run export PATH="${modules}/.bin:$PATH", then this again.\n`,
  );
  process.exit(1);
}

// compiled code and stripped types of one run serve the next; where they cannot be kept, everything works without
module.enableCompileCache(`${modules}/.cache/node`);

const pulumi = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
/** @param {string} id @param {object} exports */
const leaveOut = (id, exports = {}) => {
  const path = pulumi.resolve(id);
  pulumi.cache[path] = Object.assign(new module.Module(path), { loaded: true, exports });
};

// What turns JavaScript functions into text for functions in a cloud, of which this program has none: it would load a
// compiler, a package manager and a debugger. And what drives the CLI from a program.
leaveOut("./runtime/closure/serializeClosure");
leaveOut("./runtime/closure/codePaths");
leaveOut("./runtime/closure/v8Hooks", { isInitializedAsync: async () => {} });
leaveOut("./automation");

// nothing of ours is built, so its stack traces need no source map
leaveOut("source-map-support/register");

// without a place to send them, spans need no more than the interface of OpenTelemetry
if (!process.argv.some((argument) => argument.startsWith("--tracing"))) {
  const { trace } = pulumi("@opentelemetry/api");
  leaveOut("./cmd/run/tracing", { newSpan: (/** @type {string} */ name) => trace.getTracer("nodejs").startSpan(name) });
}
