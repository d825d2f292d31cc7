/** Cumulative probabilities of the Poisson distribution, computed once for each mean. */
const tables = new Map<number, Float64Array>();

/** The Poisson quantile of a uniform draw: monotonic in the mean, so streams stay comparable between shares. */
export function poisson(mean: number, uniform: number): number {
  if (mean <= 0) return 0;
  const table = tables.get(mean) ?? tabulate(mean);
  let [low, high] = [0, table.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((table[middle] as number) > uniform) high = middle;
    else low = middle + 1;
  }
  return low;
}

function tabulate(mean: number): Float64Array {
  const table = new Float64Array(Math.ceil(mean + 12 * Math.sqrt(mean) + 20));
  let sum = 0;
  let log = -mean; // of the probability of 0; e^-mean itself underflows for large means
  for (let k = 0; k < table.length; k++) {
    if (k > 0) log += Math.log(mean / k);
    sum += Math.exp(log);
    table[k] = sum;
  }
  table[table.length - 1] = Number.POSITIVE_INFINITY;
  tables.set(mean, table);
  return table;
}
