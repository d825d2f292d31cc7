/** Synthetic MCP calls that go to both revisions of every service, at every share. */
export type Probes = {
  /** Sets how many probe calls a second each revision gets from now on. */
  rate(perSecond: number): Promise<void>;
};
