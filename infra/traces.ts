import debuggable from "@pulumi/pulumi/runtime/debuggable.js";

// internal to Pulumi, and so not in its types
const promises = debuggable as unknown as { debuggablePromise(...given: unknown[]): Promise<unknown> };

/**
 * Pulumi records a stack trace for each of its promises, which costs more than everything else. This disables it; errors keep
 * their traces. The returned function restores it.
 */
export function withoutPromiseTraces(): () => void {
  const { debuggablePromise } = promises;
  promises.debuggablePromise = (...given) => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(...given);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
  return () => {
    promises.debuggablePromise = debuggablePromise;
  };
}
