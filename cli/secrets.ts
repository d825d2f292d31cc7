import { Command } from "commander";
import { check } from "./secrets/check.ts";
import { init } from "./secrets/init.ts";

export const command = new Command("secrets")
  .summary("create and check a stack's secrets")
  .description("Creates and checks a stack's secrets, and never prints one.");
for (const sub of [init, check]) command.addCommand(sub.exitOverride());
