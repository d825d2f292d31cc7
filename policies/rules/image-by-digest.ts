import { rule } from "../check.ts";
import { demand } from "../verdict.ts";
import { digestOf } from "../view/container.ts";

export const imageByDigest = rule("image-by-digest", {
  why: "a tag, `latest` above all, may mean something else tomorrow",
  remedy: "name every image by its digest",
  judge: ({ containers }) =>
    containers.map((container) =>
      demand(digestOf(container.image) !== undefined, container, "its image is named by a tag alone"),
    ),
});
