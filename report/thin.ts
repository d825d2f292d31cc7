/** Values over time: one column per line, each as long as `x`; null where there is nothing to draw. */
export type Table = { x: number[]; columns: (number | null)[][] };

/** The same table with at most `limit` rows: of each interval the rows with every column's lowest and highest value, and one gap. */
export function thin(table: Table, limit: number): Table {
  const { x, columns } = table;
  if (x.length <= limit) return table;
  const intervals = Math.max(1, Math.floor((limit - 2) / (3 * columns.length)));
  const kept = new Set([0, x.length - 1]);
  for (let i = 0; i < intervals; i++) {
    const from = Math.floor((i * x.length) / intervals);
    const to = Math.floor(((i + 1) * x.length) / intervals);
    for (const column of columns) for (const row of extremes(column, from, to)) kept.add(row);
  }
  const rows = [...kept].sort((a, b) => a - b);
  return {
    x: rows.map((row) => x[row] as number),
    columns: columns.map((column) => rows.map((row) => column[row] ?? null)),
  };
}

function extremes(column: readonly (number | null)[], from: number, to: number): number[] {
  let lowest = -1;
  let highest = -1;
  let gap = -1;
  for (let row = from; row < to; row++) {
    const value = column[row] ?? null;
    if (value === null) gap = row;
    else {
      if (lowest < 0 || value < (column[lowest] as number)) lowest = row;
      if (highest < 0 || value > (column[highest] as number)) highest = row;
    }
  }
  return [lowest, highest, gap].filter((row) => row >= 0);
}
