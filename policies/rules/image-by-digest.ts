import { rule } from "../check.ts";
import { demand } from "../verdict.ts";
import { digestOf } from "../view/container.ts";

export const imageByDigest = rule("image-by-digest", {
  why: "a tag, especially `latest`, may point to another image tomorrow",
  remedy: "pin every image by digest",
  judge: ({ containers }) =>
    containers.map((container) =>
      demand(digestOf(container.image) !== undefined, container, "its image is not pinned by digest"),
    ),
});
