import { fileURLToPath } from "node:url";
import { serviceNames } from "../../ecosystem/services.ts";
import { readStack } from "../../infra/config/stack-file.ts";
import { type Images, makeRelease } from "../../infra/release/make.ts";
import type { Release } from "../../infra/release/release.ts";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** An image of each service by a digest that is all one digit, so that two sets of images are easy to tell apart. */
export const imagesOf = (digit: string): Images =>
  Object.fromEntries(
    serviceNames.map((name) => [name, `registry.acme.dev/${name}@sha256:${digit.repeat(64)}`]),
  ) as Images;

/** A release of a committed stack with such images, also the edge's: as if all of them were published. */
export function releaseOf(stack: string, name: string, digit: string): Release {
  const { settings } = readStack(root, stack);
  const edge = { ...settings.edge, image: `registry.acme.dev/edge@sha256:${digit.repeat(64)}` };
  const created = new Date("2026-11-01T00:00:00Z");
  return makeRelease({ stack, name, settings: { ...settings, edge }, images: imagesOf(digit), created });
}
