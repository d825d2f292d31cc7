import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";

/** 12 - Integration tests: these very images passed the smoke tests in staging. */
export const integrationTests = check(12, "integration-tests", {
  why: "servers that pass their own tests can still fail together",
  remedy:
    "smoke-test each service in staging (npx maha smoke --json), then record the result: npx maha evidence add smoke",
  judge: (view, facts) => proofOf("smoke", view, facts),
});
