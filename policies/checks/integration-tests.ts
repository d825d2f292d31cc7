import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";

/** 12 - Integration tests: exactly these images have answered all smoke tests in staging. */
export const integrationTests = check(12, "integration-tests", {
  why: "servers that pass their own tests can still fail together",
  remedy: "smoke each service in staging (npx maha smoke --json), and keep what it says: npx maha evidence add smoke",
  judge: (view, facts) => proofOf("smoke", view, facts),
});
