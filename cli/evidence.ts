import { Command } from "commander";
import { add } from "./evidence/add.ts";
import { audit } from "./evidence/audit.ts";
import { list } from "./evidence/list.ts";

export const command = new Command("evidence")
  .summary("record and list evidence for a release")
  .description(
    "Records and lists evidence for a release, which no resource can show: audits, test results, smoke tests, backups, restore drills.",
  );
for (const sub of [add, list, audit]) command.addCommand(sub.exitOverride());
