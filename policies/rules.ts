import type { Rule } from "./check.ts";
import { bucketVersioning } from "./rules/bucket-versioning.ts";
import { deletionProtection } from "./rules/deletion-protection.ts";
import { healthProbes } from "./rules/health-probes.ts";
import { imageByDigest } from "./rules/image-by-digest.ts";
import { noPrivileges } from "./rules/no-privileges.ts";
import { noPublicBucket } from "./rules/no-public-bucket.ts";
import { noRoot } from "./rules/no-root.ts";
import { noWildcardIam } from "./rules/no-wildcard-iam.ts";
import { oneWriter } from "./rules/one-writer.ts";
import { privateDatabase } from "./rules/private-database.ts";
import { resourceLimits } from "./rules/resource-limits.ts";

/** The hardening rules, which do not count in the score. */
export const rules: readonly Rule[] = [
  imageByDigest,
  noRoot,
  noPrivileges,
  resourceLimits,
  healthProbes,
  deletionProtection,
  bucketVersioning,
  noPublicBucket,
  privateDatabase,
  noWildcardIam,
  oneWriter,
];
