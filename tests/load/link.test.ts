import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { type Link, startHelper } from "../../load/link.ts";
import { descendants, lives, soon } from "../rehearsal/processes.ts";
import type { HelperVerbs } from "./helper-process.ts";

const folder = mkdtempSync(join(tmpdir(), "link-"));
afterAll(() => rmSync(folder, { recursive: true }));
const open: Link<HelperVerbs>[] = [];
afterEach(async () => {
  for (const link of open.splice(0)) await link.end();
});

function helper(hear?: (event: string) => void) {
  const link = startHelper<HelperVerbs, string>("the helper", new URL("helper-process.ts", import.meta.url), hear);
  open.push(link);
  return link;
}
const helperPid = () => descendants(process.pid).find(({ command }) => command.includes("helper-process"))?.pid ?? 0;

test("requests get their responses or errors, and events arrive, in any order", async () => {
  const heard: string[] = [];
  const link = helper((event) => heard.push(event));
  const answers = await Promise.all([link.ask("add", [1, 2]), link.ask("tell", "hello"), link.ask("add", [3, 4])]);
  expect(answers).toEqual([3, undefined, 7]);
  expect(heard).toEqual(["hello"]);
  await expect(link.ask("fail", "no such luck")).rejects.toThrow("no such luck");
  expect(await link.ask("add", [5])).toBe(5);
});

test("a helper ignores terminal signals; it ends with its connection, together with its children", async () => {
  const link = helper();
  const child = await link.ask("child", join(folder, "child.log"));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.kill(helperPid(), signal);
  expect(await link.ask("add", [1])).toBe(1);
  expect(lives(child)).toBe(true);
  await link.end();
  await expect.poll(() => lives(child), soon).toBe(false);
  await expect(link.ask("add", [1])).rejects.toThrow("the helper has ended (exit code 0)");
  await link.end();
});

test("a helper that exits fails every open request with the reason", async () => {
  const link = helper();
  const question = expect(link.ask("hang")).rejects.toThrow("the helper has ended (exit code 3)");
  await expect(link.ask("exit", 3)).rejects.toThrow("exit code 3");
  await question;
  expect(await link.ended).toEqual({ code: 3, signal: null });
});
