import { join } from "node:path";
import { PolicyPack } from "@pulumi/policy";
// the entry alone reaches into the program, for the one thing that no resource tells
import { catalogue } from "../infra/alerts/catalogue.ts";
import { readFacts, type StackFacts } from "./facts.ts";
import { PACK, policiesOf } from "./policies.ts";

const root = join(import.meta.dirname, "..");
const known = new Map<string, StackFacts>();

function factsOf(stack: string): StackFacts {
  const facts = known.get(stack) ?? readFacts(root, stack, { catalogue, now: new Date() });
  known.set(stack, facts);
  return facts;
}

// the only place that makes one: it starts a server
new PolicyPack(PACK, { enforcementLevel: "mandatory", policies: policiesOf(factsOf) });
