import { change, changeEdge, type Mutation, replace, unprotect } from "./fixtures.ts";

const host = (what: string, caught: string, breaks: Mutation["breaks"]): Mutation => ({
  target: "compose",
  what,
  caught,
  breaks,
});

/** What is broken of prod on a Docker host. */
export const compose: readonly Mutation[] = [
  host(
    "a plaintext secret",
    "secrets-management",
    change("container:Container ^akosha$", (i) => {
      i.envs.push("DATABASE_URL=postgresql://akosha:planted@postgres/akosha");
    }),
  ),
  host(
    "a service that is not told its secret",
    "secrets-management",
    replace("container:Container session-buddy", /^SESSION_ENCRYPTION_KEY$/, "SOMETHING_ELSE"),
  ),
  host(
    "an edge that asks nobody who calls",
    "authentication",
    changeEdge("container:Container edge-files", (settings) => {
      delete settings.auth;
    }),
  ),
  host(
    "an edge to which everybody is a peer",
    "authentication",
    changeEdge("container:Container edge-files", (settings) => {
      settings.peers = ["0.0.0.0/0"];
    }),
  ),
  host(
    "a port on every address without TLS",
    "data-encryption",
    changeEdge("container:Container edge-files", (settings) => {
      delete settings.tls;
    }),
  ),
  host("a scrape of another port", "metrics", replace("container:Container prometheus", /(?<=:)8682(?=\n)/, ":9999")),
  host(
    "a log without an end",
    "logging",
    change("container:Container mahavishnu-[0-9a-f]+$", (i) => {
      delete i.logOpts;
    }),
  ),
  host(
    "a dropped alert route",
    "alerting",
    replace("container:Container alertmanager", 'priority="P3"', 'priority="P9"'),
  ),
  host(
    "an address in the clear",
    "alerting",
    replace(
      "container:Container alertmanager",
      "url_file: /run/secrets/ticket-webhook-url",
      "url: https://example.com/hook",
    ),
  ),
  host("no dead man", "alerting", replace("container:Container prometheus", "alert: DeadMan", "alert: Nobody")),
  host(
    "a file that describes no edge",
    "circuit-breakers",
    changeEdge("container:Container edge-files", (settings) => {
      settings.services = [];
    }),
  ),
  host(
    "5 monthly backups",
    "backup-system",
    replace("container:Container backup-check", "BACKUP_KEEP_MONTHLY=6", "BACKUP_KEEP_MONTHLY=5"),
  ),
  host(
    "the repository as its own vault",
    "backup-system",
    replace("container:Container backup-vault", /mahavishnu-prod-vault/, "mahavishnu-prod-backups"),
  ),
  host(
    "no rate limit",
    "rate-limiting",
    changeEdge("container:Container edge-files", (settings) => {
      delete settings.limits;
    }),
  ),
  host(
    "a rate limit that spares everybody",
    "rate-limiting",
    changeEdge("container:Container edge-files", (settings) => {
      settings.limits.exempt = ["0.0.0.0/0"];
    }),
  ),
  host(
    "a runbook that is not there",
    "incident-response",
    replace("container:Container prometheus", "alerts.md#servicedown", "alerts.md#nothing"),
  ),
  host(
    "a container that does not come back",
    "maintenance",
    change("container:Container ^akosha$", (i) => {
      i.restart = "on-failure";
    }),
  ),
  host(
    "an image by its tag",
    "image-by-digest",
    change("RemoteImage akosha-image", (i) => {
      i.name = "registry.test/akosha:1";
    }),
  ),
  host(
    "root",
    "no-root",
    change("container:Container ^akosha$", (i) => {
      i.user = "root";
    }),
  ),
  host(
    "a privileged container",
    "no-privileges",
    change("container:Container ^akosha$", (i) => {
      i.privileged = true;
    }),
  ),
  host(
    "any memory",
    "resource-limits",
    change("container:Container ^akosha$", (i) => {
      delete i.memory;
    }),
  ),
  host(
    "a service that nobody probes",
    "health-probes",
    change("container:Container ^akosha$", (i) => {
      delete i.healthcheck;
    }),
  ),
  host("a volume that can be deleted", "deletion-protection", unprotect("Volume session-buddy-data")),
  host(
    "a published database",
    "private-database",
    change("container:Container ^postgres$", (i) => {
      i.ports = [{ internal: 5432, external: 5432, ip: "127.0.0.1" }];
    }),
  ),
  host(
    "a second writer",
    "one-writer",
    change("container:Container backup-save$", (i) => {
      for (const volume of i.volumes) volume.readOnly = false;
    }),
  ),
];
