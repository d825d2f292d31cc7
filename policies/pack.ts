import { join } from "node:path";
import { PolicyPack } from "@pulumi/policy";
// only this entry imports from the program: the alert catalogue and the settings, which no resource shows
import { catalogue } from "../infra/alerts/catalogue.ts";
import { readStack } from "../infra/config/stack-file.ts";
import { readFacts, type StackFacts } from "./facts.ts";
import { PACK, policiesOf } from "./policies.ts";

const root = join(import.meta.dirname, "..");
const known = new Map<string, StackFacts>();

function factsOf(stack: string): StackFacts {
  const facts =
    known.get(stack) ??
    readFacts(root, stack, { settings: readStack(root, stack).settings, catalogue, now: new Date() });
  known.set(stack, facts);
  return facts;
}

// only here, because constructing a pack starts its server
new PolicyPack(PACK, { enforcementLevel: "mandatory", policies: policiesOf(factsOf) });
