import { expect, test } from "vitest";
import { figure, table } from "../../cli/table.ts";

test("the first column is left-aligned, the others right-aligned, without trailing blanks", () => {
  const rows = [
    ["", "promoted", ""],
    ["ours", "7", "0.1 %"],
    ["a longer name", "1,200"],
  ];
  expect(table(rows)).toEqual(["               promoted", "ours                  7  0.1 %", "a longer name     1,200"]);
});

test("figures are short, with separated thousands", () => {
  expect([0, 3.25, 1200, 54000.04].map(figure)).toEqual(["0", "3.3", "1,200", "54,000"]);
});
