// Node loads this file before Pulumi's runtime (Pulumi.yaml, nodeargs), which halves its start time and memory.
// Plain JavaScript, so that it can print an error on a Node that cannot run TypeScript, and loads without the type stripper.
import module, { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

if (!process.features.typescript) {
  process.stderr.write(
    `${process.execPath} (Node ${process.versions.node}) cannot run this TypeScript program. The project installs a Node that can: run export PATH="${modules}/.bin:$PATH", then try again.\n`,
  );
  process.exit(1);
}

// caches compiled code and stripped types between runs; optional
module.enableCompileCache(`${modules}/.cache/node`);

const pulumi = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
/** @param {string} id @param {object} exports */
const leaveOut = (id, exports = {}) => {
  const path = pulumi.resolve(id);
  pulumi.cache[path] = Object.assign(new module.Module(path), { loaded: true, exports });
};

// Leaves out function serialization, which this program does not use (it would load a compiler, a package manager and a
// debugger), and the Automation API.
leaveOut("./runtime/closure/serializeClosure");
leaveOut("./runtime/closure/codePaths");
leaveOut("./runtime/closure/v8Hooks", { isInitializedAsync: async () => {} });
leaveOut("./automation");

// this project has no build step, so its stack traces need no source maps
leaveOut("source-map-support/register");

// without an exporter, spans need only OpenTelemetry's API
if (!process.argv.some((argument) => argument.startsWith("--tracing"))) {
  const { trace } = pulumi("@opentelemetry/api");
  leaveOut("./cmd/run/tracing", { newSpan: (/** @type {string} */ name) => trace.getTracer("nodejs").startSpan(name) });
}
