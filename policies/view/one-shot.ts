/** Makes a value when it is first asked for, and the same one ever after. */
export function oneShot<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
