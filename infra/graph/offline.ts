import * as pulumi from "@pulumi/pulumi";
import type { Target } from "../../ecosystem/targets.ts";
import { PROJECT, readStack, type Stack } from "../config/stack-file.ts";
import { program } from "../program.ts";
import { deploymentOf, type NamedReleases, namedReleases } from "../stack.ts";
import { openBarrier } from "../traffic-guard.ts";
import { type Capture, capture } from "./capture.ts";
import type { Graph } from "./resource.ts";

/** The graph of a stack from its current settings, on its own target or another that it has settings for. */
export async function graphOf(root: string, name: string, target?: Target): Promise<Graph> {
  const stack = readStack(root, name);
  const on = target ?? stack.settings.target;
  const { resources, outputs } = await captureStack(stack, namedReleases(root, name, stack.settings), on);
  return { stack: name, target: on, resources, outputs };
}

/** Runs the real program for a stack without an engine, with no traffic to guard and with placeholders for secrets. */
export function captureStack(stack: Stack, releases: NamedReleases, target: Target): Promise<Capture> {
  const { name, file, settings } = stack;
  return capture({ project: PROJECT, stack: name }, async () => {
    const secret = (name: string) => pulumi.secret(`<${name}>`);
    const deployment = deploymentOf({ stack: name, file, target, settings, releases, secret });
    return program(deployment, { admit: async () => openBarrier });
  });
}
