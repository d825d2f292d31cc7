import { rule } from "../check.ts";
import { isTrue, textAt } from "../props.ts";
import { demand } from "../verdict.ts";

export const noPublicBucket = rule("no-public-bucket", {
  why: "a public bucket of backups is a published database",
  remedy: "enforce the prevention of public access, and access by bucket only",
  notApplicable: (view) =>
    view.of("gcp:storage/bucket:Bucket").length === 0 ? "the stack makes no bucket" : undefined,
  each: (resource) =>
    resource.type === "gcp:storage/bucket:Bucket"
      ? [
          demand(
            textAt(resource.props, "publicAccessPrevention") === "enforced" &&
              isTrue(resource.props, "uniformBucketLevelAccess"),
            resource,
            "it can be made public",
          ),
        ]
      : [],
});
