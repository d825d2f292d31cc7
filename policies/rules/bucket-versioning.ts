import { rule } from "../check.ts";
import { isTrue, numberAt } from "../props.ts";
import { demand } from "../verdict.ts";

export const bucketVersioning = rule("bucket-versioning", {
  why: "objects that are deleted or overwritten by mistake must stay recoverable",
  remedy: "enable object versioning, or set a retention policy",
  notApplicable: (view) => (view.of("gcp:storage/bucket:Bucket").length === 0 ? "the stack has no buckets" : undefined),
  each: (resource) =>
    resource.type === "gcp:storage/bucket:Bucket"
      ? [
          demand(
            isTrue(resource.props, "versioning.enabled") ||
              (numberAt(resource.props, "retentionPolicy.retentionPeriod") ?? 0) > 0,
            resource,
            "deleted objects cannot be recovered: it has neither versioning nor a retention policy",
          ),
        ]
      : [],
});
