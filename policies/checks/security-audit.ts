import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import { demand } from "../verdict.ts";

/** 1 - Security audit: somebody has looked at exactly what runs, lately, and found nothing grave. */
export const securityAudit = check(1, "security-audit", {
  why: "what nobody has looked at may be known to the whole world as broken",
  remedy: "name images by digest, and audit them: npx maha evidence audit",
  judge: (view, facts) => [
    ...view.images.map(({ container, digest }) =>
      demand(digest !== undefined, container, "its image has no digest, so no audit can speak of it"),
    ),
    ...proofOf("security-audit", view, facts),
  ],
});
