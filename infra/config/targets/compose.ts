import { z } from "zod";
import { elsewhere, ofOneKind, vaultIsElsewhere, vaultIsOfOneKind } from "../backup-locations.ts";
import { field } from "../fields.ts";
import { shaping } from "../shaping.ts";

/** What has to be known of one Docker host. */
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
      "the registry of the images, where it asks for a login: whoever deploys has one in ~/.docker/config.json",
      "registry: registry.acme.dev",
    ).optional(),
    publish: field(z.ipv4(), "the address on which the edge is published", "publish: 127.0.0.1").default("127.0.0.1"),
    tls: field(z.boolean(), "true where clients connect by TLS; must be on beyond 127.0.0.1", "tls: true").default(
      false,
    ),
    certificates: field(
      z.string().regex(/^\/\S+$/),
      "the folder of the host with tls.crt and tls.key, which user 10001 can read; renewed in place",
      "certificates: /etc/mahavishnu/certificates",
    ).optional(),
    subnet: field(
      z.cidrv4().refine((subnet) => Number(subnet.split("/")[1]) <= 24),
      "an IPv4 network of 256 addresses or more: the more, the rarer two revisions want the same one",
      "subnet: 172.29.0.0/16",
    ),
    backups: field(
      z.string().regex(/^(s3:|gs:|\/)\S+$/),
      "a restic repository: a folder of the host that belongs to user 10001, gs:bucket:/path or s3:host/bucket",
      "backups: /var/backups/mahavishnu",
    ),
    vault: field(
      z.string().regex(/^(s3:|gs:|\/)\S+$/),
      "a second repository elsewhere, where copies are kept from harm",
      "vault: gs:acme-vault:/prod",
    ),
  })
  .refine(({ publish, tls }) => tls || publish === "127.0.0.1", {
    error: "an edge beyond 127.0.0.1 needs tls: true",
    path: ["tls"],
  })
  .refine(({ tls, certificates }) => !tls || certificates !== undefined, {
    error: "tls: true needs a certificate",
    path: ["certificates"],
  })
  .refine(elsewhere, vaultIsElsewhere)
  .refine(ofOneKind, vaultIsOfOneKind);
