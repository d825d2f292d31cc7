import { z } from "zod";
import { elsewhere, ofOneKind, vaultIsElsewhere, vaultIsOfOneKind } from "../backup-locations.ts";
import { field } from "../fields.ts";
import { shaping } from "../shaping.ts";

/** Settings of the target compose. */
export const compose = z
  .strictObject({
    ...shaping,
    host: field(
      z.string().regex(/^(unix:\/\/\/\S+|ssh:\/\/[^\s@]+@\S+)$/),
      "a Docker socket or an ssh address",
      "host: unix:///var/run/docker.sock",
    ),
    registry: field(
      z.string().regex(/^[a-z0-9.-]+(:\d+)?$/),
      "the image registry, if it requires a login; the login is read from ~/.docker/config.json",
      "registry: registry.acme.dev",
    ).optional(),
    publish: field(z.ipv4(), "the address to publish the edge on", "publish: 127.0.0.1").default("127.0.0.1"),
    tls: field(
      z.boolean(),
      "true if clients connect over TLS; required when publish is not 127.0.0.1",
      "tls: true",
    ).default(false),
    certificates: field(
      z.string().regex(/^\/\S+$/),
      "a host folder with tls.crt and tls.key, readable by user 10001; renewed in place",
      "certificates: /etc/mahavishnu/certificates",
    ).optional(),
    hosts: field(
      z.array(z.string().regex(/^([\w-]+\.)*[\w-]+$/)),
      "further names or IPv4 addresses of this stack, without a port, besides the host's own: the edge refuses requests for any other",
      "hosts: [mcp.acme.dev]",
    ).default([]),
    subnet: field(
      z.cidrv4().refine((subnet) => Number(subnet.split("/")[1]) <= 24),
      "an IPv4 network of at least 256 addresses; every revision keeps its own",
      "subnet: 172.29.0.0/16",
    ),
    backups: field(
      z.string().regex(/^(s3:|gs:|\/)\S+$/),
      "a restic repository: a host folder owned by user 10001, gs:bucket:/path or s3:host/bucket",
      "backups: /var/backups/mahavishnu",
    ),
    vault: field(
      z.string().regex(/^(s3:|gs:|\/)\S+$/),
      "the vault for copies of the backups, in another location",
      "vault: gs:acme-vault:/prod",
    ),
  })
  .refine(({ publish, tls }) => tls || publish === "127.0.0.1", {
    error: "must be true when publish is not 127.0.0.1",
    path: ["tls"],
  })
  .refine(({ tls, certificates }) => !tls || certificates !== undefined, {
    error: "certificates is required with tls: true",
    path: ["certificates"],
  })
  .refine(elsewhere, vaultIsElsewhere)
  .refine(ofOneKind, vaultIsOfOneKind)
  .meta({ allowed: "settings of a Docker host; changes to sizes and sessions take effect with a new release" });
