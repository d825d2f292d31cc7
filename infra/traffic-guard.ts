import type * as pulumi from "@pulumi/pulumi";
import type { ServiceName } from "../ecosystem/services.ts";
import type { Target } from "../ecosystem/targets.ts";
import type { Settings } from "./config/schema.ts";

/** The resting position that a deployment declares: each service's stable at 100 %, its candidate at 0 %. */
export type Declared = {
  stack: string;
  target: Target;
  settings: Settings;
  services: Partial<Record<ServiceName, { stable: string; candidate?: string }>>;
};

/**
 * What stands between a deployment and traffic that is not the deployment's to move. `admit` answers when nothing speaks
 * against the declared position, and throws an error that says what does and what to do: a promotion is running, one has
 * ended and is not settled, or the live split is neither the last declared position nor this one. Its answer asks the same
 * once more, right before a resource that says where traffic rests is made or changed: an update takes minutes.
 */
export type TrafficGuard = { admit(declared: Declared): Promise<pulumi.ResourceHookBinding> };
