import { readFile } from "node:fs/promises";
import { type Plan, parsePlan, plans } from "../promotion/plan.ts";
import { pathOption } from "./paths.ts";
import { UsageError } from "./usage.ts";

/**
 * The plan of that name, or the one that the JSON file of that path describes.
 * Throws a UsageError where there is neither, and a PlanError for a file whose plan cannot be followed.
 */
export async function readPlan(nameOrFile: string): Promise<Plan> {
  const named = Object.values(plans).find(({ name }) => name === nameOrFile);
  return named ?? parsePlan(await readJson(pathOption(nameOrFile)), nameOrFile);
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const names = Object.keys(plans).join(", ");
    const why = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new UsageError(
      `--plan ${file}: no plan has this name (there are ${names}), and as a file it cannot be read: ${why}. Example: --plan evidence`,
    );
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--plan ${file}: the file is no JSON: ${(error as Error).message}`);
  }
}
