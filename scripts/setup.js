// Sets up a fresh checkout: installs the packages in package-lock.json, including the Node that runs everything else.
// Plain JavaScript without package imports, because it runs before any are installed, on the machine's own Node.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = `${root}package-lock.json`;
const installed = `${root}node_modules/.installed-lock.json`;

const upToDate = existsSync(installed) && readFileSync(installed).equals(readFileSync(wanted));
if (!upToDate) {
  process.stderr.write("Installing packages (npm install) ...\n");
  // not `npm ci`: it rejects a lock file without optional packages for other platforms, which registries may publish later
  // on Windows npm is a script, which needs a shell
  const npm = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    const why = npm.error ? npm.error.message : `exit status ${npm.signal ?? npm.status}`;
    process.stderr.write(
      `npm install in ${root} failed: ${why}. See its output above, fix the cause and run this again.\n`,
    );
    process.exit(1);
  }
  copyFileSync(wanted, installed);
}
