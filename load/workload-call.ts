/** A tool call that may be made at any time and as often as wanted. */
export type WorkloadCall = { tool: string; arguments: Record<string, unknown> };
