import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import { demand } from "../verdict.ts";

/** 1 - Security audit: a recent audit of these very images found nothing critical or high. */
export const securityAudit = check(1, "security-audit", {
  why: "an unaudited image may have publicly known vulnerabilities",
  remedy: "pin images by digest and audit them: npx maha evidence audit",
  judge: (view, facts) => [
    ...view.images.map(({ container, digest }) =>
      demand(digest !== undefined, container, "its image is not pinned by digest, so no audit can cover it"),
    ),
    ...proofOf("security-audit", view, facts),
  ],
});
