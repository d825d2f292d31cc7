import type { Target } from "../../ecosystem/targets.ts";
import { contentDigest } from "./digest.ts";
import type { Release } from "./release.ts";
import { contentOf, type Frozen, type Revision } from "./revision.ts";

/** A stack's earlier revisions on one target, oldest first, and those that stable runs. */
export type History = { revisions: readonly Revision[]; stable: readonly Revision[] };

export function historyOf(releases: readonly Release[], target: Target, stable: string | undefined): History {
  const on = (those: readonly Release[]) => those.flatMap(({ revisions }) => revisions[target] ?? []);
  return { revisions: on(releases), stable: on(releases.filter(({ name }) => name === stable)) };
}

/** The fields that depend on earlier releases rather than on the content. */
type Decided = "attempt" | "hostNumber";
export type ReleaseContent = Omit<Frozen, Decided>;

/** The newest revision with the same content. */
export function priorOf(content: ReleaseContent, { revisions }: History): Revision | undefined {
  const wanted = contentDigest(content);
  return revisions.findLast((revision) => contentDigest(contentWithout(revision)) === wanted);
}

function contentWithout(revision: Revision): ReleaseContent {
  const { attempt: _, hostNumber: __, ...content } = contentOf(revision);
  return content;
}
