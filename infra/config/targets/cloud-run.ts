import { z } from "zod";
import { field } from "../fields.ts";
import { shaping } from "../shaping.ts";

/** Settings of the target cloud-run. */
export const cloudRun = z
  .strictObject({
    ...shaping,
    project: field(
      z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/),
      "the id of a Google Cloud project",
      "project: acme-mcp-prod",
    ),
    projectNumber: field(
      z.string().regex(/^\d{6,15}$/),
      "the number of that project, in quotes",
      'projectNumber: "123456789012"',
    ),
    region: field(z.string().regex(/^[a-z]+-[a-z]+\d$/), "a Google Cloud region", "region: europe-west1"),
    zone: field(
      z.string().regex(/^[a-z]+-[a-z]+\d-[a-f]$/),
      "a zone of that region, for the singletons' VM",
      "zone: europe-west1-b",
    ),
    access: field(
      z.enum(["iam", "iap"]),
      "iam (identity tokens of the invokers) or iap (people sign in; requires a domain)",
      "access: iam",
    ),
    invokers: z
      .array(
        field(
          z.string().regex(/^((user|group|serviceAccount):[^\s@]+@|domain:)[^\s@]+$/),
          "callers: user:, group:, serviceAccount: or domain: with its address, never allUsers or allAuthenticatedUsers",
          "- group:agents@acme.dev",
        ),
      )
      .min(1)
      .refine((all) => new Set(all.map((member) => member.toLowerCase())).size === all.length, {
        error: "an invoker is listed twice",
      })
      .meta({ allowed: "at least one invoker, without duplicates", example: "invokers: [group:agents@acme.dev]" }),
    domain: field(
      z.string().regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/),
      "a domain that you own; each service gets a subdomain; required for access: iap",
      "domain: mcp.acme.dev",
    ).optional(),
    machineType: field(
      z.string().regex(/^[a-z0-9]+-[a-z0-9-]+$/),
      "the machine type of the singletons' VM",
      "machineType: e2-standard-2",
    ),
    databaseTier: field(z.string().regex(/^db-[a-z0-9-]+$/), "a Cloud SQL tier", "databaseTier: db-custom-2-7680"),
    multiRegionVault: field(
      z.string().regex(/^[A-Z0-9-]{2,}$/),
      "the location of the off-site vault, other than the region",
      "multiRegionVault: EU",
    ),
  })
  .refine(({ access, domain }) => access === "iam" || domain !== undefined, {
    error: "access: iap requires a domain",
    path: ["domain"],
  })
  .refine(({ region, zone }) => zone.startsWith(`${region}-`), {
    error: "the zone is in another region",
    path: ["zone"],
  })
  .refine(({ region, multiRegionVault }) => multiRegionVault.toLowerCase() !== region, {
    error: "the vault is in the stack's own region; one outage would take both",
    path: ["multiRegionVault"],
  })
  .meta({
    allowed: "settings of Google Cloud; changes to sizes and sessions take effect with a new release",
  });
