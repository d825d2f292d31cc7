import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { cloudInit } from "../../../../infra/targets/cloud-run/cloud-init.ts";
import { temporaryFolder } from "../../../fixtures/envoy.ts";

type File = { path: string; content: string };
const config = parse(cloudInit()) as { write_files: File[]; runcmd: string[][] };
const file = (path: string) => config.write_files.find((written) => written.path === path)?.content ?? "";

test("the machine follows its metadata from its start on, and again when it dies", () => {
  expect(cloudInit().split("\n")[0]).toBe("#cloud-config");
  expect(file("/etc/systemd/system/singles.service")).toContain("ExecStart=/bin/bash /etc/singles/watch.sh");
  expect(file("/etc/systemd/system/singles.service")).toContain("Restart=always");
  expect(config.runcmd).toEqual([
    ["systemctl", "daemon-reload"],
    ["systemctl", "start", "--no-block", "singles.service", "update.timer"],
  ]);
});

test("an update of its system takes effect in the maintenance window", () => {
  expect(file("/etc/systemd/system/update.timer")).toContain("OnCalendar=Sun *-*-* 11:30:00 UTC");
  expect(file("/etc/systemd/system/update.service")).toContain(
    "update_engine_client --is_reboot_needed && systemctl reboot",
  );
});

test("each change of the metadata is applied once, and retried until it succeeds", async () => {
  const folder = await temporaryFolder();
  const [log, bin] = [join(folder, "log"), join(folder, "bin")];
  mkdirSync(bin);
  // the first script that the metadata holds is good, the second one fails, and then it waits for a third
  const curl = `#!/bin/bash
for word in "$@"; do case "$last" in --output) out=$word ;; --dump-header) head=$word ;; esac; last=$word; done
echo "\${last##*last_etag=}" >>${log}
case $(grep -c '' ${log}) in
  1) echo "echo one >>${log}.done" >"$out"; printf 'HTTP/1.1 200 OK\\r\\nETag: first\\r\\n\\r\\n' >"$head" ;;
  2) echo "echo two >>${log}.done; exit 1" >"$out"; printf 'HTTP/1.1 200 OK\\r\\netag: second\\r\\n\\r\\n' >"$head" ;;
  3) exit 22 ;;
  *) exec sleep.real 60 ;;
esac
`;
  writeFileSync(join(bin, "curl"), curl);
  writeFileSync(join(bin, "sleep"), "#!/bin/bash\n");
  writeFileSync(join(bin, "sleep.real"), '#!/bin/bash\nexec /bin/sleep "$@"\n');
  for (const name of ["curl", "sleep", "sleep.real"]) chmodSync(join(bin, name), 0o755);
  writeFileSync(
    join(folder, "watch.sh"),
    file("/etc/singles/watch.sh").replaceAll("/run/singles", join(folder, "run")),
  );

  const env = { PATH: `${bin}:${process.env.PATH}` };
  const watch = spawn("bash", [join(folder, "watch.sh")], { env, detached: true, stdio: "ignore" });
  const ended = once(watch, "exit");
  onTestFinished(async () => {
    process.kill(-(watch.pid ?? 0), "SIGKILL");
    await ended;
  });
  const lines = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : []);
  while (lines(log).length < 4) await wait(20);
  expect(lines(log)).toEqual(["0", "first", "0", "0"]);
  expect(lines(`${log}.done`)).toEqual(["one", "two"]);
});
