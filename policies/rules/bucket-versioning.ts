import { rule } from "../check.ts";
import { isTrue, numberAt } from "../props.ts";
import { demand } from "../verdict.ts";

export const bucketVersioning = rule("bucket-versioning", {
  why: "what is deleted or overwritten by mistake must be there for a while",
  remedy: "turn versioning on, or keep a retention policy",
  notApplicable: (view) =>
    view.of("gcp:storage/bucket:Bucket").length === 0 ? "the stack makes no bucket" : undefined,
  each: (resource) =>
    resource.type === "gcp:storage/bucket:Bucket"
      ? [
          demand(
            isTrue(resource.props, "versioning.enabled") ||
              (numberAt(resource.props, "retentionPolicy.retentionPeriod") ?? 0) > 0,
            resource,
            "what is deleted in it is gone",
          ),
        ]
      : [],
});
