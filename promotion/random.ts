import { createHash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A draw from [0, 1). */
export type Random = () => number;

/** Reproducible draws: the same seed and label give the same sequence, and each label has its own. */
export function seeded(seed: number, label: string): Random {
  const generator = xoroshiro128plus(createHash("sha256").update(`${seed} ${label}`).digest().readInt32BE());
  return () => uniformFloat64(generator);
}
