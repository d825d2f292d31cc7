import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";

/** 11 - Unit tests: the commit behind each image passed its tests, and they cover enough of it. */
export const unitTests = check(11, "unit-tests", {
  why: "what was never tested is tested by users",
  remedy: "attest the tests of the commit behind each image: npx maha evidence add unit-tests",
  judge: (view, facts) => proofOf("unit-tests", view, facts),
});
