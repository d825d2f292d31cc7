import { cloudRun } from "./cloud-run.ts";
import { compose } from "./compose.ts";
import type { Mutation } from "./fixtures.ts";
import { kubernetes } from "./kubernetes.ts";

export const mutations: readonly Mutation[] = [...cloudRun, ...compose, ...kubernetes];
