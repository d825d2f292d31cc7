import { z } from "zod";
import { elsewhere, ofOneKind, vaultIsElsewhere, vaultIsOfOneKind } from "../backup-locations.ts";
import { cidr, field, name } from "../fields.ts";
import { shaping } from "../shaping.ts";

/** What the pods of the backups can reach: Google, or an S3 by https on the internet (see `backupPolicy`). */
const onTheInternet =
  /^(gs:\S+|s3:(https:\/\/)?(?![^/]*\.(internal|local|svc)[:/])([a-z0-9-]+\.)+[a-z]{2,}(:443)?\/\S+)$/;

/** What has to be known of a cluster. */
export const kubernetes = z
  .strictObject({
    ...shaping,
    context: field(z.string().min(1), "a context of your kubeconfig", "context: prod-eu"),
    gatewayClass: name("the class of the Gateway", "gatewayClass: envoy-gateway"),
    gatewayNamespace: name(
      "where the Gateway's own pods run: they alone may call the edge from outside its namespace",
      "gatewayNamespace: envoy-gateway-system",
    ),
    domain: field(
      z.string().regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/),
      "the domain below which the Gateway answers, one name for each service",
      "domain: mcp.acme.dev",
    ),
    certificateSecret: name(
      "the TLS secret of the Gateway, for the names below the domain",
      "certificateSecret: mcp-tls",
    ),
    network: z
      .strictObject({
        pods: field(
          z.cidrv4(),
          "the IPv4 network of the cluster's pods: what comes from it is no client",
          "pods: 10.4.0.0/14",
        ),
        apiServer: field(
          z.cidrv4(),
          "the IPv4 network of the cluster's API server: nobody but the edge may call it",
          "apiServer: 172.16.0.0/28",
        ),
      })
      .meta({
        allowed: "the networks of the cluster",
        example: "network: { pods: 10.4.0.0/14, apiServer: 172.16.0.0/28 }",
      }),
    storageClass: name("the class of the services' volumes", "storageClass: standard-rwo"),
    database: z.strictObject({
      host: field(
        z.string().regex(/^[a-z0-9.-]+$/),
        "the host of a PostgreSQL 14 or newer with pgvector",
        "host: pg.acme.internal",
      ),
      network: cidr("network: 10.8.0.0/24"),
      authority: field(
        z.string().regex(/^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n?$/),
        "the certificate of the authority that signed the server's, in PEM, where it is not a public one",
        "authority: | with the lines of the certificate below",
      ).optional(),
    }),
    backups: field(
      z.string().regex(onTheInternet),
      "a restic repository on the internet, by https on port 443, since the cluster's backups reach nothing else: gs:bucket:/path or s3:host/bucket",
      "backups: gs:acme-backups:/prod",
    ),
    vault: field(
      z.string().regex(onTheInternet),
      "a second repository elsewhere, where copies are kept from harm: on the internet, by https on port 443",
      "vault: gs:acme-vault:/prod",
    ),
    monitoringNamespace: name("where Prometheus and Alertmanager run", "monitoringNamespace: monitoring"),
  })
  .refine(elsewhere, vaultIsElsewhere)
  .refine(ofOneKind, vaultIsOfOneKind);
