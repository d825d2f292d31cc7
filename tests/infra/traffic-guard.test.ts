import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { type Target, targets } from "../../ecosystem/targets.ts";
import { PROJECT, readStack } from "../../infra/config/stack-file.ts";
import { capture } from "../../infra/graph/capture.ts";
import { program } from "../../infra/program.ts";
import { deploymentOf } from "../../infra/stack.ts";
import { openBarrier } from "../../infra/traffic-guard.ts";
import { releaseOf, root } from "../fixtures/releases.ts";

/** A hook that is registered already: the offline graph has nobody who would call it. */
const hook = Object.assign(Object.create(pulumi.ResourceHook.prototype), {
  ...{ __pulumiResourceHook: true, name: "before-traffic", __registered: Promise.resolve() },
}) as pulumi.ResourceHook;

/** The names of the resources that ask a traffic guard's hooks. */
async function guarded(target: Target): Promise<string[]> {
  const { file, settings } = readStack(root, "prod");
  const releases = { stable: releaseOf("prod", "r1", "a"), candidate: releaseOf("prod", "r2", "b") };
  const secret = (name: string) => pulumi.secret(`<${name}>`);
  const barrier = { ...openBarrier, hooks: { beforeCreate: [hook], beforeUpdate: [hook] } };
  const { requests } = await capture({ project: PROJECT, stack: "prod" }, () =>
    program(deploymentOf({ stack: "prod", file, target, settings, releases, secret }), {
      admit: async () => barrier,
    }),
  );
  return requests.flatMap((request) => {
    const [created, updated] = [request.getHooks()?.getBeforeCreateList(), request.getHooks()?.getBeforeUpdateList()];
    if (!created?.length && !updated?.length) return [];
    expect([created, updated], request.getName()).toEqual([["before-traffic"], ["before-traffic"]]);
    return [request.getName()];
  });
}

const expected: Record<Target, string[]> = {
  "cloud-run": ["singles-instance", "akosha-service", "mahavishnu-service"],
  compose: ["edge-files"],
  kubernetes: ["edge-traffic"],
};

test.each(targets)(
  "on %s the guard is asked again by what says where traffic rests, and by nothing else",
  async (target) => {
    expect(await guarded(target)).toEqual(expected[target]);
  },
);
