/** Revision ids by service. */
export type RevisionIds = Record<string, string>;

/** True when every service's candidate is already its stable revision: there is nothing to promote. */
export const isUnchanged = (stable: RevisionIds, candidate: RevisionIds): boolean =>
  Object.keys({ ...stable, ...candidate }).every((service) => stable[service] === candidate[service]);
