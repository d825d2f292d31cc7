/** Synthetic MCP calls that go to both revisions of every service, at every share. */
export type Probes = {
  /** Sets the probe calls per second to each revision from now on. */
  rate(perSecond: number): Promise<void>;
};
