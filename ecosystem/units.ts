/**
 * Units as types: a plain number is assignable to any of them, but one unit is not assignable to another, so passing seconds
 * where milliseconds are expected does not compile. They are numbers at run time.
 */
export type Unit<Name extends string> = number & { readonly unit?: Name };

export type Seconds = Unit<"seconds">;
export type Milliseconds = Unit<"milliseconds">;
export type MiB = Unit<"MiB">;
/** 0 to 100. */
export type Percent = Unit<"percent">;
/** 0 to 1. */
export type Fraction = Unit<"fraction">;

/** The same time in milliseconds. */
export const toMilliseconds = (seconds: Seconds): Milliseconds => seconds * 1000;

/** The same time in seconds. */
export const toSeconds = (milliseconds: Milliseconds): Seconds => milliseconds / 1000;
