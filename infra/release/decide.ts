import { type History, priorOf, type ReleaseContent } from "./history.ts";
import { hostNumber, numbersOf, sizeOf } from "./host-numbers.ts";
import { freeze, type Revision } from "./revision.ts";

type Circumstances = {
  before: History;
  /** The Docker host's network; undefined on other targets. */
  network: string | undefined;
  /** Gives new ids to known revisions that stable does not run. */
  retry: boolean;
};

/**
 * The revisions for some contents on one target. Content that was released before keeps its revision. Throws a
 * ReleaseError if the network is full.
 */
export function decide(contents: readonly ReleaseContent[], { before, network, retry }: Circumstances): Revision[] {
  const made: Revision[] = [];
  for (const content of contents) {
    const beside = { revisions: [...before.revisions, ...made], stable: [...before.stable, ...made] };
    made.push(decideOne(content, { before: beside, network, retry }));
  }
  return made;
}

function decideOne(content: ReleaseContent, { before, network, retry }: Circumstances): Revision {
  const prior = priorOf(content, before);
  const failed = retry && prior !== undefined && !before.stable.some(({ id }) => id === prior.id);
  if (prior && !failed && fits(prior, network)) return prior;
  const tried = failed ? { ...content, attempt: (prior.attempt ?? 1) + 1 } : content;
  if (network === undefined) return freeze(tried);
  return freeze({ ...tried, hostNumber: hostNumber(tried, before, sizeOf(network)) });
}

/** False if the network has become too small for the revision's address. */
const fits = (revision: Revision, network: string | undefined): boolean =>
  network === undefined || Math.max(...numbersOf([revision])) < sizeOf(network) - 1;
