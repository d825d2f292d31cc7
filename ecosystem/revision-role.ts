/** The two sides of one service: the revision that has the traffic, and the one that wants it. */
export type RevisionRole = "stable" | "candidate";
