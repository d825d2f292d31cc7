/** One promise as measured: ours, the rules that it is compared with, and whether it holds. */
export type Figure = {
  what: string;
  promise: string;
  kept: boolean;
  ours: string;
  others: { rule: string; value: string }[];
};

/** Figures that belong together; each comes as soon as it is measured. */
export type Figures = AsyncGenerator<Figure>;
