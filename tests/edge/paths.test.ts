import { expect, test } from "vitest";
import { edgePaths } from "../../edge/paths.ts";

test("a folder too deep for a socket gets one elsewhere, and always the same", () => {
  expect(edgePaths("/var/lib/edge").admin).toBe("/var/lib/edge/admin.sock");
  const deep = `/var/${"deep/".repeat(30)}edge`;
  expect(edgePaths(deep).admin).toMatch(/^\/tmp\/edge-[0-9a-f]{16}\.sock$/);
  expect(edgePaths(deep).admin).toBe(edgePaths(deep).admin);
  expect(edgePaths(`${deep}2`).admin).not.toBe(edgePaths(deep).admin);
});
