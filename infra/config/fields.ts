import { z } from "zod";
import { type ServiceName, serviceNames } from "../../ecosystem/services.ts";
import type { SettingMeta } from "./schema-node.ts";

/** A setting with metadata for errors: what is allowed, and an example. */
export const field = <Schema extends z.ZodType>(
  schema: Schema,
  allowed: string,
  example: string,
  unit?: string,
): Schema => schema.meta({ allowed, example, ...(unit !== undefined && { unit }) } satisfies SettingMeta);

/** A name that every platform accepts. */
export const name = (what: string, example: string) =>
  field(
    z.string().regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/),
    `${what}: lower-case letters, digits and dashes`,
    example,
  );

/** A whole number from `min` to `max`; `what` names the unit. */
export const whole = (min: number, max: number, what: string, example: string) =>
  field(z.int().min(min).max(max), `${min} to ${max} ${what}`, example, what);

/** An optional value per service. */
export const perService = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .strictObject(
      Object.fromEntries(serviceNames.map((service) => [service, schema.optional()])) as Record<
        ServiceName,
        z.ZodOptional<Schema>
      >,
    )
    .meta({ perService: true } satisfies SettingMeta);

/** An IPv4 network. */
export const cidr = (example: string) => field(z.cidrv4(), "an IPv4 network in CIDR form", example);

/** A container image; outside local it needs a digest (see `deploymentOf`). */
export const image = (what: string, example: string) =>
  field(z.string().regex(/^[\w./:-]+(@sha256:[0-9a-f]{64})?$/), `${what}, by digest outside local`, example);
