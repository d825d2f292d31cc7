import fc from "fast-check";
import { expect, test } from "vitest";
import { thin } from "../../report/thin.ts";

const value = fc.oneof(fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }));
const tables = fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 4 })).chain(([rows, lines]) =>
  fc.record({
    x: fc.constant(Array.from({ length: rows }, (_, i) => i)),
    columns: fc.array(fc.array(value, { minLength: rows, maxLength: rows }), { minLength: lines, maxLength: lines }),
  }),
);

test("a thinned table has no more rows than asked for, all of them rows of the whole one, in order", () => {
  fc.assert(
    fc.property(tables, fc.integer({ min: 20, max: 300 }), (table, limit) => {
      const { x, columns } = thin(table, limit);
      expect(x.length).toBeLessThanOrEqual(limit);
      expect(x).toEqual([...new Set(x)].sort((a, b) => a - b));
      expect(columns).toEqual(table.columns.map((column) => x.map((row) => column[row])));
    }),
  );
});

test("it keeps both ends, and the highest and the lowest value of every line", () => {
  fc.assert(
    fc.property(tables, (table) => {
      const { x, columns } = thin(table, 20);
      expect([x[0], x.at(-1)]).toEqual([table.x[0], table.x.at(-1)]);
      for (const [i, column] of table.columns.entries()) {
        const numbers = column.filter((value) => value !== null);
        if (numbers.length === 0) continue;
        expect(columns[i]).toContain(Math.max(...numbers));
        expect(columns[i]).toContain(Math.min(...numbers));
      }
    }),
  );
});

test("a gap stays a gap", () => {
  const x = Array.from({ length: 1000 }, (_, i) => i);
  const line = x.map((i) => (i === 500 ? null : 1));
  expect(thin({ x, columns: [line] }, 50).columns[0]).toContain(null);
});

test("a table that is short enough stays as it is", () => {
  const table = { x: [0, 1, 2], columns: [[1, null, 3]] };
  expect(thin(table, 3)).toBe(table);
});
