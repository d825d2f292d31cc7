import debuggable from "@pulumi/pulumi/runtime/debuggable.js";

// internal to Pulumi, and so not in its types
const promises = debuggable as unknown as { debuggablePromise(...given: unknown[]): Promise<unknown> };

/**
 * Pulumi keeps a stack trace with each of its promises, which costs more than all the rest. From here on it keeps none; errors
 * have theirs, so that a fault can be found. The answer undoes it.
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
