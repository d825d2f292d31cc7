import type * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../ecosystem/services.ts";
import type { SettingsOn } from "./config/schema.ts";

/** The resting position that a deployment declares: each service's stable at 100 %, its candidate at 0 %. */
export type Declared = {
  stack: string;
  settings: SettingsOn;
  services: Record<ServiceName, { stable: string; candidate?: string }>;
};

/**
 * Protects traffic from deployments that do not own it. `admit` resolves when the position may be declared; otherwise it
 * throws an error with the reason and what to do: a promotion is running, one has ended and is not settled, or the live split
 * is neither the last declared position nor this one.
 */
export type TrafficGuard = { admit(declared: Declared): Promise<TrafficBarrier> };

/** An update takes minutes, so resources whose creation or update moves traffic check again. */
export type TrafficBarrier = {
  /** For a resource that the engine creates or updates. */
  hooks: pulumi.ResourceHookBinding;
  /**
   * For a resource that is deleted before it is replaced, for which hooks would run too late: resolves to its dependencies once
   * they and its inputs exist and it may be registered.
   */
  pass(
    dependsOn: pulumi.Input<pulumi.Resource>[],
    inputs: pulumi.Inputs,
  ): pulumi.Input<pulumi.Input<pulumi.Resource>[]>;
};

/** No guard: for graphs that are only inspected. */
export const openBarrier: TrafficBarrier = { hooks: {}, pass: (dependsOn) => dependsOn };
