/**
 * What Envoy's response flags say about who is to blame. Whoever counts failures reads them here, so that a promotion, an
 * alert and a report mean the same by one.
 */
export const FLAGS = {
  /**
   * It went wrong on the revision's side, even under a good status: no connection, a connection or an answer cut short
   * (UPE is what a stream of chunks without its end looks like), nobody there, silence, no room.
   */
  failure: ["UF", "UC", "UR", "UPE", "UH", "UT", "UO", "SI"],
  /** The client left before its answer was whole (over HTTP/1 or 2). */
  left: ["DC", "DR"],
  /** It happened on the client's side or at the edge: it was one too many, asked for no route, or spoke bad HTTP. */
  neutral: ["RL", "NR", "DPE"],
} as const;
