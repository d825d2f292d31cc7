import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";

/** 11 - Unit tests: the commit behind each image passed its tests with enough coverage. */
export const unitTests = check(11, "unit-tests", {
  why: "what tests do not find, users do",
  remedy: "record the test results of the commit behind each image: npx maha evidence add unit-tests",
  judge: (view, facts) => proofOf("unit-tests", view, facts),
});
