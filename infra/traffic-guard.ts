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
 * What stands between a deployment and traffic that is not the deployment's to move. `admit` answers when nothing speaks
 * against the declared position, and throws an error that says what does and what to do: a promotion is running, one has
 * ended and is not settled, or the live split is neither the last declared position nor this one.
 */
export type TrafficGuard = { admit(declared: Declared): Promise<TrafficBarrier> };

/** An update takes minutes: what moves traffic by being made or changed asks once more, whether it still may. */
export type TrafficBarrier = {
  /** For a resource that the engine makes or changes. */
  hooks: pulumi.ResourceHookBinding;
  /**
   * For one whose predecessor goes first, where hooks would come too late: answers with what it depends on as soon as that
   * and its inputs are there and it may be registered.
   */
  pass(
    dependsOn: pulumi.Input<pulumi.Resource>[],
    inputs: pulumi.Inputs,
  ): pulumi.Input<pulumi.Input<pulumi.Resource>[]>;
};

/** Where nothing guards the traffic: of a graph that is only looked at. */
export const openBarrier: TrafficBarrier = { hooks: {}, pass: (dependsOn) => dependsOn };
