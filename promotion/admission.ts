/** Revision ids by service. */
export type RevisionIds = Record<string, string>;

/** True where a candidate is what stable already is, service by service: there is nothing to promote. */
export const isUnchanged = (stable: RevisionIds, candidate: RevisionIds): boolean =>
  Object.keys({ ...stable, ...candidate }).every((service) => stable[service] === candidate[service]);
