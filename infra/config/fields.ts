import { z } from "zod";
import { serviceNames } from "../../ecosystem/services.ts";

/** A setting that says in its metadata what is allowed and shows an example: that is what a person reads when a value is refused. */
export const field = <Schema extends z.ZodType>(schema: Schema, allowed: string, example: string): Schema =>
  schema.meta({ allowed, example });

/** What a platform takes as a name. */
export const name = (what: string, example: string) =>
  field(
    z.string().regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/),
    `${what}: lower-case letters, digits and dashes`,
    example,
  );

/** A whole number from `min` to `max` of what it counts. */
export const whole = (min: number, max: number, what: string, example: string) =>
  field(z.int().min(min).max(max), `${min} to ${max} ${what}`, example);

/** One of a kind for some of the services. */
export const perService = <Schema extends z.ZodType>(schema: Schema) =>
  z.strictObject(
    Object.fromEntries(serviceNames.map((service) => [service, schema.optional()])) as Record<
      (typeof serviceNames)[number],
      z.ZodOptional<Schema>
    >,
  );

/** A network. */
export const cidr = (example: string) => field(z.cidrv4(), "an IPv4 network in CIDR form", example);

/** A container image, by its tag alone only on local (see `deploymentOf`). */
export const image = (what: string, example: string) =>
  field(z.string().regex(/^[\w./:-]+(@sha256:[0-9a-f]{64})?$/), `${what}, by digest outside local`, example);
