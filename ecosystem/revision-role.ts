/** A service's two revisions: the one that has the traffic, and the one to be promoted. */
export type RevisionRole = "stable" | "candidate";
