import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { services } from "../../ecosystem/services.ts";
import { targets } from "../../ecosystem/targets.ts";
import { revisionsFor } from "../../infra/release/release.ts";
import { started } from "../../infra/targets/compose/start.ts";
import { docker } from "../fixtures/docker/engine.ts";
import { releaseOf } from "../fixtures/releases.ts";
import { describeWith } from "../fixtures/tools.ts";
import { builtImage, healthy, imageOf, secretValue } from "./image.ts";

for (const { name } of services) {
  describeWith([builtImage(name)], `the real ${name}`, { timeout: 180_000 }, () => {
    test.each(targets)("starts as its revision on %s runs it, and stops within its grace period", async (target) => {
      const revision = revisionsFor(releaseOf("prod", "r1", "a"), target).get(name);
      if (!revision) throw new Error(`prod has no ${name} on ${target}`);
      const container = `contract-${randomUUID().slice(0, 8)}`;
      const variables = { ...revision.environment, ...withValues(revision.secrets) };
      const { entrypoint, command } = started(revision.command, { files: revision.files });
      const [shell = "", ...rest] = entrypoint;
      const folders = new Set([...revision.scratch, revision.state, ...Object.keys(revision.files).map(folderOf)]);
      await docker(
        ...["run", "--detach", "--name", container, "--network", "none", "--read-only", "--cap-drop", "ALL"],
        ...["--security-opt", "no-new-privileges", "--memory", `${revision.memoryMi}m`, "--add-host", "edge:127.0.0.1"],
        ...[...folders].flatMap((folder) => ["--tmpfs", `${folder}:uid=10001,gid=10001,mode=0770`]),
        ...Object.entries(variables).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
        ...["--entrypoint", shell, imageOf(name) ?? "", ...rest, ...command],
      );
      try {
        await healthy(container, revision.port, revision.health, revision.startupSeconds);
        await docker("stop", "--time", String(revision.stopSeconds), container);
        expect((await docker("inspect", "--format", "{{.State.ExitCode}}", container)).trim()).toBe("0");
      } finally {
        await docker("rm", "--force", "--volumes", container);
      }
    });
  });
}

const withValues = (secrets: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).map(([variable, secret]) => [variable, secretValue(secret)]));

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));
