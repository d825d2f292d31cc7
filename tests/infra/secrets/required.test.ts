import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { type Secret, secretNames } from "../../../ecosystem/secrets.ts";
import { services } from "../../../ecosystem/services.ts";
import type { Target } from "../../../ecosystem/targets.ts";
import { targetsOf } from "../../../infra/config/settings.ts";
import { PROJECT, readStack, stackNames } from "../../../infra/config/stack-file.ts";
import { capture } from "../../../infra/graph/capture.ts";
import { program } from "../../../infra/program.ts";
import { requiredSecrets } from "../../../infra/secrets/required.ts";
import { deploymentOf } from "../../../infra/stack.ts";
import { openBarrier } from "../../../infra/traffic-guard.ts";
import { releaseOf, root, settingsIn } from "../../fixtures/releases.ts";

/** The secrets that the real program asks for when a stack has a release, on a target. */
async function asked(stack: string, target: Target): Promise<Secret[]> {
  const { file, settings } = readStack(root, stack);
  const names = new Set<Secret>();
  const secret = (name: Secret) => {
    names.add(name);
    return pulumi.secret(`<${name}>`);
  };
  const releases = { stable: releaseOf(stack, "r9", "a"), candidate: undefined };
  await capture({ project: PROJECT, stack }, () =>
    program(deploymentOf({ stack, file, target, settings, releases, secret }), {
      admit: async () => openBarrier,
    }),
  );
  return secretNames.filter((name) => names.has(name));
}

const all = stackNames(root).flatMap((stack) =>
  targetsOf(readStack(root, stack).settings).map((target) => [stack, target] as const),
);

describe.each(all)("%s on %s", (stack, target) => {
  test("needs exactly the secrets that its program asks for", async () => {
    expect(requiredSecrets(settingsIn(stack, target), services)).toEqual(await asked(stack, target));
  });
});

test("a path needs no credentials; an external location needs separate ones for each identity", () => {
  const settings = settingsIn("local", "compose");
  const keys = (backups: string, vault: string) => {
    const compose = { ...settings.compose, backups, vault };
    return requiredSecrets({ ...settings, compose }, services).filter((name) => name.endsWith("-credentials"));
  };
  expect(keys("/var/backups", "/var/vault")).toEqual([]);
  expect(keys("/var/backups", "gs:vault:/x")).toEqual(["backup-copier-credentials"]);
  expect(keys("s3:s3.eu-west-1.amazonaws.com/b", "/var/vault")).toEqual([
    "backup-writer-credentials",
    "backup-pruner-credentials",
    "backup-copier-credentials",
  ]);
});
