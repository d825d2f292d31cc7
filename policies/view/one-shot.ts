/** Computes a value on first use and returns the same one afterwards. */
export function oneShot<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
