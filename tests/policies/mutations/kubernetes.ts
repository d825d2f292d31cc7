import { add, change, changeEdge, drop, type Inputs, type Mutation, unprotect } from "./fixtures.ts";

const pod = (inputs: Inputs) => inputs.spec.template.spec;

const cluster = (what: string, caught: string, breaks: Mutation["breaks"]): Mutation => ({
  target: "kubernetes",
  what,
  caught,
  breaks,
});

/** What is broken of prod on a cluster. */
export const kubernetes: readonly Mutation[] = [
  cluster(
    "a plaintext secret",
    "secrets-management",
    change("Deployment akosha", (i) => {
      pod(i).containers[0].env.push({ name: "SLACK_TOKEN", value: "planted-value" });
    }),
  ),
  cluster(
    "a private key in a ConfigMap",
    "secrets-management",
    add({
      type: "kubernetes:core/v1:ConfigMap",
      name: "planted",
      inputs: { data: { key: "-----BEGIN RSA PRIVATE KEY-----" } },
    }),
  ),
  cluster(
    "an edge that asks nobody who calls",
    "authentication",
    changeEdge("ConfigMap edge-resting", (settings) => {
      delete settings.auth;
    }),
  ),
  cluster(
    "an edge to which everybody is a peer",
    "authentication",
    changeEdge("ConfigMap edge-resting", (settings) => {
      settings.peers = ["0.0.0.0/0"];
    }),
  ),
  cluster(
    "a route to where the services call each other",
    "authentication",
    change("HTTPRoute akosha", (i) => {
      i.spec.rules[0].backendRefs[0].port = 8682;
    }),
  ),
  cluster(
    "a gateway without TLS",
    "data-encryption",
    change("v1:Gateway", (i) => {
      i.spec.listeners[0].protocol = "HTTP";
    }),
  ),
  cluster(
    "a monitor of another path",
    "metrics",
    change("PodMonitor akosha", (i) => {
      i.spec.podMetricsEndpoints[0].path = "/stats";
    }),
  ),
  cluster(
    "a dropped alert route",
    "alerting",
    change("AlertmanagerConfig", (i) => {
      i.spec.route.routes = i.spec.route.routes.filter((route: Inputs) => route.receiver !== "P1");
    }),
  ),
  cluster(
    "P1 without a pager",
    "alerting",
    change("AlertmanagerConfig", (i) => {
      for (const receiver of i.spec.receivers) if (receiver.name === "P1") delete receiver.pagerdutyConfigs;
    }),
  ),
  cluster("no disruption budget", "circuit-breakers", drop("PodDisruptionBudget akosha")),
  cluster(
    "a suspended backup",
    "backup-system",
    change("CronJob backups-session-buddy", (i) => {
      i.spec.suspend = true;
    }),
  ),
  cluster(
    "whole limits at each edge",
    "rate-limiting",
    change("Deployment ^edge$", (i) => {
      i.spec.replicas = 4;
    }),
  ),
  cluster(
    "rules without runbooks",
    "incident-response",
    change("PrometheusRule", (i) => {
      const alerts = i.spec.groups
        .flatMap(({ rules }: { rules: { alert?: string; annotations: object }[] }) => rules)
        .filter(({ alert }: { alert?: string }) => alert);
      for (const rule of alerts) delete rule.annotations.runbook_url;
    }),
  ),
  cluster(
    "no upgrade policy",
    "maintenance",
    change("Deployment akosha", (i) => {
      delete i.spec.strategy;
    }),
  ),
  cluster(
    "a claim of many pods",
    "one-writer",
    change("PersistentVolumeClaim session-buddy-data", (i) => {
      i.spec.accessModes = ["ReadWriteMany"];
    }),
  ),
  cluster(
    "every verb",
    "no-wildcard-iam",
    change("Role edge-watcher", (i) => {
      i.rules[0].verbs = ["*"];
    }),
  ),
  cluster("a claim that can be deleted", "deletion-protection", unprotect("PersistentVolumeClaim session-buddy-data")),
];
