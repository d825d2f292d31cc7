import { expect, test } from "vitest";
import { readStack, stackNames } from "../../../infra/config/stack-file.ts";
import { unpublishedImage } from "../../../infra/release/unpublished.ts";
import { root } from "../../fixtures/releases.ts";

test.each(stackNames(root))("until they are published, %s names our images by their folders' content", (stack) => {
  const { edge, promoter, backups } = readStack(root, stack).settings;
  expect(edge.image).toBe(unpublishedImage(root, "edge"));
  expect(promoter.image).toBe(unpublishedImage(root, "promoter"));
  expect(backups.image).toBe(unpublishedImage(root, "backup"));
});
