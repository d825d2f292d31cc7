import { rule } from "../check.ts";
import { isTrue, textAt } from "../props.ts";
import { demand } from "../verdict.ts";

export const noPublicBucket = rule("no-public-bucket", {
  why: "a public bucket of backups is a public database",
  remedy: "enforce public access prevention and uniform bucket-level access",
  notApplicable: (view) => (view.of("gcp:storage/bucket:Bucket").length === 0 ? "the stack has no buckets" : undefined),
  each: (resource) =>
    resource.type === "gcp:storage/bucket:Bucket"
      ? [
          demand(
            textAt(resource.props, "publicAccessPrevention") === "enforced" &&
              isTrue(resource.props, "uniformBucketLevelAccess"),
            resource,
            "public access is not prevented",
          ),
        ]
      : [],
});
