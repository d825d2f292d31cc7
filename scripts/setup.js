// Makes a fresh checkout ready: installs the packages of package-lock.json, among them the Node that runs everything else.
// Plain JavaScript and no imports of packages, because it runs before there are any, on whatever Node the machine has.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = `${root}package-lock.json`;
const installed = `${root}node_modules/.installed-lock.json`;

const upToDate = existsSync(installed) && readFileSync(installed).equals(readFileSync(wanted));
if (!upToDate) {
  process.stderr.write("Installing packages (npm install) ...\n");
  // not `npm ci`: it refuses a lock file that lacks optional packages of other platforms, which registries do not always have in time
  // on Windows npm is a script, which only a shell can start
  const npm = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    const why = npm.error ? npm.error.message : `it ended with ${npm.signal ?? npm.status}`;
    process.stderr.write(
      `npm install in ${root} failed: ${why}. Its own words stand above; mend that and run this again.\n`,
    );
    process.exit(1);
  }
  copyFileSync(wanted, installed);
}
