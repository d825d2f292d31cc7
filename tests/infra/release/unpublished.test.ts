import { expect, test } from "vitest";
import { readStack, stackNames } from "../../../infra/config/stack-file.ts";
import { unpublishedImage } from "../../../infra/release/unpublished.ts";
import { root } from "../../support/releases.ts";

test.each(stackNames(root))("until it is published, %s names the backups' image by its folder's content", (stack) => {
  expect(readStack(root, stack).settings.backups.image).toBe(unpublishedImage(root, "backup"));
});
