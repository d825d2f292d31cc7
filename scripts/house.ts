// Prints the project's top-level folders and the imports between them: how many files of the first import from the second.
import { fileURLToPath } from "node:url";
import { importsOf, roomOf } from "./imports.ts";

const imports = importsOf(fileURLToPath(new URL("..", import.meta.url)));
const rooms = [...new Set([...imports.keys()].map(roomOf))].sort();

for (const room of rooms) {
  const files = [...imports].filter(([file]) => roomOf(file) === room);
  const arrows = rooms
    .filter((other) => other !== room)
    .map((other) => ({ other, from: files.filter(([, to]) => [...to].some((file) => roomOf(file) === other)).length }))
    .filter(({ from }) => from > 0)
    .map(({ other, from }) => `${other || "(root)"} ${from}`);
  process.stdout.write(
    `${(room || "(root)").padEnd(11)}${`${files.length} files`.padStart(10)}  -> ${arrows.join(", ")}\n`,
  );
}
