/** One measured promise: our value, the values it is compared with, and whether it is kept. */
export type Figure = {
  what: string;
  promise: string;
  kept: boolean;
  ours: string;
  others: { rule: string; value: string }[];
};

/** A group of figures, yielded as they are measured. */
export type Figures = AsyncGenerator<Figure>;
