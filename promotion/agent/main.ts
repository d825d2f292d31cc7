/**
 * The edge agent: writes the folder that an Envoy follows. Its image runs it beside the edge, as
 *   main.ts seed FILE   brings the edge that a file describes in force once, and ends
 *   main.ts watch       follows the ConfigMaps of a cluster, until it is stopped
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
