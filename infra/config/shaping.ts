import { z } from "zod";
import { field, perService, whole } from "./fields.ts";

const size = z.strictObject({
  cpu: field(z.number().min(0.1).max(64), "0.1 to 64 CPUs", "cpu: 2", "vCPUs").optional(),
  memoryMi: whole(256, 262144, "MiB of memory", "memoryMi: 2048").optional(),
  instances: z
    .strictObject({
      min: whole(0, 100, "instances", "min: 1"),
      max: whole(1, 100, "instances", "max: 10"),
    })
    .refine(({ min, max }) => min <= max, { error: "min must not exceed max" })
    .optional(),
});

/** Overrides of `ecosystem/` on one target; they take effect in a new release. */
export const shaping = {
  sizes: perService(size).optional(),
  sessions: perService(
    field(z.enum(["stateless", "sticky", "single"]), "stateless, sticky or single", "akosha: single"),
  ).optional(),
};
