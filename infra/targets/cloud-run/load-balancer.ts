import { createHash } from "node:crypto";
import { BackendService } from "@pulumi/gcp/compute/backendService.js";
import { GlobalAddress } from "@pulumi/gcp/compute/globalAddress.js";
import { GlobalForwardingRule } from "@pulumi/gcp/compute/globalForwardingRule.js";
import { ManagedSslCertificate } from "@pulumi/gcp/compute/managedSslCertificate.js";
import { RegionNetworkEndpointGroup } from "@pulumi/gcp/compute/regionNetworkEndpointGroup.js";
import { SecurityPolicy } from "@pulumi/gcp/compute/securityPolicy.js";
import { SSLPolicy } from "@pulumi/gcp/compute/sslpolicy.js";
import { TargetHttpsProxy } from "@pulumi/gcp/compute/targetHttpsProxy.js";
import { URLMap } from "@pulumi/gcp/compute/urlmap.js";
import { WebBackendServiceIamMember } from "@pulumi/gcp/iap/webBackendServiceIamMember.js";
import * as pulumi from "@pulumi/pulumi";
import type { RevisionRole } from "../../../ecosystem/revision-role.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import type { CloudRunDeployment, Pair } from "../../deployment.ts";
import { labelsOf, named } from "../../names.ts";
import { nameOf } from "./access.ts";
import { rateRules } from "./armor.ts";
import { CANDIDATE_TAG } from "./traffic.ts";
import { type Backends, urlMapOf } from "./url-map.ts";

type LoadBalancerArgs = { deployment: CloudRunDeployment; domain: string; services: ReadonlyMap<ServiceName, Pair> };

/**
 * The ingress of a stack with a domain: one address, TLS 1.2 or later, per-client rate limits, and a name for each service.
 * Google issues the certificate once the names resolve to the address.
 */
export class LoadBalancer extends pulumi.ComponentResource {
  constructor(name: string, args: LoadBalancerArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:cloud-run:LoadBalancer", name, {}, options);
    const { deployment, domain, services } = args;
    const { stack, settings } = deployment;
    const { project } = settings.cloudRun;
    const child = { parent: this };

    const limits = new SecurityPolicy(
      `${name}-limits`,
      { name: named(stack, "limits"), project, type: "CLOUD_ARMOR", rules: rateRules(settings.edge.rateLimit) },
      child,
    );
    const backends = new Map<ServiceName, Backends>();
    for (const [service, { candidate }] of services) {
      const backend = (role: RevisionRole) => this.#backend(name, service, role, deployment, limits.selfLink);
      backends.set(service, { split: backend("stable"), ...(candidate && { candidate: backend("candidate") }) });
    }
    const [fallback] = backends.values();
    const map = new URLMap(
      `${name}-map`,
      {
        name: named(stack),
        project,
        ...urlMapOf(domain, backends),
        // for unknown names: the certificate does not cover them, so no client reaches this
        ...(fallback && { defaultService: fallback.split }),
      },
      child,
    );

    const names = [...services.keys()].map((service) => `${service}.${domain}`);
    const certificate = new ManagedSslCertificate(
      `${name}-certificate`,
      {
        // a new set of names needs a new certificate, which must exist before the old one is deleted
        name: named(stack, createHash("sha256").update(names.join()).digest("hex").slice(0, 8)),
        project,
        managed: { domains: names },
      },
      child,
    );
    const encryption = new SSLPolicy(
      `${name}-encryption`,
      { name: named(stack, "tls"), project, minTlsVersion: "TLS_1_2", profile: "MODERN" },
      child,
    );
    const proxy = new TargetHttpsProxy(
      `${name}-proxy`,
      {
        name: named(stack),
        project,
        urlMap: map.selfLink,
        sslCertificates: [certificate.selfLink],
        sslPolicy: encryption.selfLink,
      },
      child,
    );
    const address = new GlobalAddress(
      `${name}-address`,
      { name: named(stack), project, addressType: "EXTERNAL" },
      // external DNS records point to it
      { ...child, protect: true },
    );
    new GlobalForwardingRule(
      `${name}-entrance`,
      {
        name: named(stack),
        project,
        labels: labelsOf(stack),
        target: proxy.selfLink,
        ipAddress: address.address,
        portRange: "443",
        loadBalancingScheme: SCHEME,
      },
      child,
    );
    this.registerOutputs({ address: address.address });
  }

  /** A service as a backend of the load balancer: with its traffic split, or only its candidate by tag. */
  #backend(
    name: string,
    service: ServiceName,
    role: RevisionRole,
    deployment: CloudRunDeployment,
    limits: pulumi.Input<string>,
  ) {
    const { stack, settings } = deployment;
    const { project, region, access, invokers } = settings.cloudRun;
    const child = { parent: this };
    const what = role === "stable" ? service : `${service}-candidate`;
    const group = new RegionNetworkEndpointGroup(
      `${name}-${what}-endpoints`,
      {
        name: named(stack, what),
        project,
        region,
        networkEndpointType: "SERVERLESS",
        cloudRun: { service, ...(role === "candidate" && { tag: CANDIDATE_TAG }) },
      },
      child,
    );
    const backend = new BackendService(
      `${name}-${what}`,
      {
        name: named(stack, what),
        project,
        protocol: "HTTPS",
        loadBalancingScheme: SCHEME,
        backends: [{ group: group.selfLink }],
        securityPolicy: limits,
        iap: { enabled: access === "iap" },
        logConfig: { enable: true, sampleRate: 1 },
      },
      child,
    );
    for (const member of access === "iap" ? invokers : []) {
      new WebBackendServiceIamMember(
        `${name}-${what}-open-to-${nameOf(member)}`,
        { project, webBackendService: backend.name, role: "roles/iap.httpsResourceAccessor", member },
        child,
      );
    }
    return backend.selfLink;
  }
}

/** Google's current global load balancer; the classic one cannot route by header. */
const SCHEME = "EXTERNAL_MANAGED";
