import { argoRules } from "./argo-rollouts.ts";
import { flaggerRules } from "./flagger.ts";
import { releaseManagerRules } from "./release-manager.ts";

export { simulateRival } from "./rival.ts";

/** The rules that ours is compared with. None certifies an error rate: they only require that no check fails. */
export const rivals = [...flaggerRules, ...argoRules, ...releaseManagerRules];
