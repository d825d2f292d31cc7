import { z } from "zod";
import { postgresVersions } from "../../../ecosystem/postgres.ts";
import { elsewhere, ofOneKind, vaultIsElsewhere, vaultIsOfOneKind } from "../backup-locations.ts";
import { cidr, field, name } from "../fields.ts";
import { shaping } from "../shaping.ts";

/** What the backup pods can reach: Google, or an S3 endpoint on the internet over https (see `backupPolicy`). */
const onTheInternet =
  /^(gs:\S+|s3:(https:\/\/)?(?![^/]*\.(internal|local|svc)[:/])([a-z0-9-]+\.)+[a-z]{2,}(:443)?\/\S+)$/;

/** Settings of the target kubernetes. */
export const kubernetes = z
  .strictObject({
    ...shaping,
    context: field(z.string().min(1), "a context of your kubeconfig", "context: prod-eu"),
    gatewayClass: name("the class of the Gateway", "gatewayClass: envoy-gateway"),
    gatewayNamespace: name(
      "the namespace of the Gateway's own pods, the only callers of the edge from outside its namespace",
      "gatewayNamespace: envoy-gateway-system",
    ),
    domain: field(
      z.string().regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/),
      "the Gateway's domain; each service gets a subdomain",
      "domain: mcp.acme.dev",
    ),
    certificateSecret: name("the Gateway's TLS secret, for the services' subdomains", "certificateSecret: mcp-tls"),
    network: z
      .strictObject({
        pods: field(
          z.cidrv4(),
          "the IPv4 network of the cluster's pods; their addresses are never taken for a client's",
          "pods: 10.4.0.0/14",
        ),
        apiServer: field(
          z.cidrv4(),
          "the IPv4 network of the cluster's API server, which only the edge may call",
          "apiServer: 172.16.0.0/28",
        ),
      })
      .meta({
        allowed: "the networks of the cluster",
        example: "network: { pods: 10.4.0.0/14, apiServer: 172.16.0.0/28 }",
      }),
    storageClass: name("the storage class of the services' volumes", "storageClass: standard-rwo"),
    database: z
      .strictObject({
        host: field(
          z.string().regex(/^[a-z0-9.-]+$/),
          `the host of a PostgreSQL server, version ${postgresVersions.oldest} to ${postgresVersions.newest}, with pgvector`,
          "host: pg.acme.internal",
        ),
        network: cidr("network: 10.8.0.0/24"),
        authority: field(
          z.string().regex(/^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n?$/),
          "the CA certificate of the server, in PEM, if the CA is not a public one",
          "authority: | with the lines of the certificate below",
        ).optional(),
      })
      .meta({
        allowed: "the PostgreSQL server of the services and its network",
        example: "database: { host: pg.acme.internal, network: 10.8.0.0/24 }",
      }),
    backups: field(
      z.string().regex(onTheInternet),
      "a restic repository on the internet, over https on port 443, the only egress allowed to backup pods: gs:bucket:/path or s3:host/bucket",
      "backups: gs:acme-backups:/prod",
    ),
    vault: field(
      z.string().regex(onTheInternet),
      "the vault for copies of the backups, in another location on the internet, over https on port 443",
      "vault: gs:acme-vault:/prod",
    ),
    monitoringNamespace: name("the namespace of Prometheus and Alertmanager", "monitoringNamespace: monitoring"),
  })
  .refine(elsewhere, vaultIsElsewhere)
  .refine(ofOneKind, vaultIsOfOneKind)
  .meta({ allowed: "settings of a Kubernetes cluster; changes to sizes and sessions take effect with a new release" });
