/**
 * The edge agent: writes the configuration folder that Envoy watches. Runs as a sidecar of the edge:
 *   main.ts seed FILE   applies the edge described in a file once, then exits
 *   main.ts watch       follows the cluster's ConfigMaps until stopped
 */
const [verb, file] = process.argv.slice(2);

try {
  if (verb === "seed" && file !== undefined) {
    const { seed } = await import("./seed.ts");
    await seed(file);
  } else if (verb === "watch") {
    const { watch } = await import("./watch.ts");
    await watch(process.env);
  } else {
    process.stderr.write("usage: main.ts seed FILE | main.ts watch\n");
    process.exitCode = 64;
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
