import { check } from "../check.ts";
import { proofOf } from "../evidence/proof.ts";
import { at, listAt, textAt } from "../props.ts";
import { demand, type Finding, notApplicable, pass } from "../verdict.ts";
import { GATEWAY, speaksTls } from "../view/gateway.ts";
import { isLoopback, listenerAt } from "../view/ports.ts";
import type { View } from "../view/view.ts";

const DATABASE = "gcp:sql/databaseInstance:DatabaseInstance";
const HTTPS = "gcp:compute/targetHttpsProxy:TargetHttpsProxy";
const TLS = "gcp:compute/sSLPolicy:SSLPolicy";

/** 4 - Data encryption: users' data is encrypted in transit and at rest. */
export const dataEncryption = check(4, "data-encryption", {
  why: "sessions contain users' conversations with their agents, and disks and networks can be read by others",
  remedy: "bind SESSION_ENCRYPTION_KEY, encrypt backups, and require TLS 1.2 or later for clients and the database",
  judge: (view, facts) => [
    ...sessionKey(view),
    ...savedEncrypted(view),
    ...entrances(view),
    ...databases(view),
    ...view
      .of("gcp:storage/bucket:Bucket", "gcp:compute/disk:Disk")
      .map((resource) => pass(resource, "encrypted at rest by the platform")),
    ...proofOf("secrets", view, facts),
  ],
});

const sessionKey = ({ services }: View): Finding[] =>
  services
    .filter(({ service }) => service === "session-buddy")
    .map((container) => {
      const key = container.variables.find(({ name }) => name === "SESSION_ENCRYPTION_KEY");
      return demand(key?.secret !== undefined, container, "SESSION_ENCRYPTION_KEY is not read from a secret");
    });

/** restic encrypts its backups, and needs a password for that. */
const savedEncrypted = ({ containers }: View): Finding[] =>
  containers
    .filter(({ words, service }) => service === undefined && words.includes("save") && !words.includes("start"))
    .map((container) =>
      demand(
        container.variables.some(({ name }) => /^RESTIC_PASSWORD(_FILE)?$/.test(name)),
        container,
        "it has no RESTIC_PASSWORD, so its backups are not encrypted",
      ),
    );

function entrances(view: View): Finding[] {
  const published = view.containers.flatMap((container) =>
    container.ports
      .filter((port) => port.published !== undefined && !isLoopback(port.published))
      .map(({ port }) =>
        demand(
          listenerAt(container, port, view.listeners)?.tls === true,
          container,
          `port ${port} is reachable from outside the host without TLS 1.2 or later`,
        ),
      ),
  );
  const plain = view
    .of("gcp:compute/targetHttpProxy:TargetHttpProxy")
    .map((proxy) => demand(false, proxy, "it accepts unencrypted HTTP"));
  return [
    ...published,
    ...plain,
    ...view.of(HTTPS).map((proxy) => {
      const [policy] = view.referred(proxy, "sslPolicy", TLS);
      const least = policy && textAt(policy.props, "minTlsVersion");
      return demand(least === "TLS_1_2" || least === "TLS_1_3", proxy, "it accepts TLS versions older than 1.2");
    }),
    ...view.of(GATEWAY).map((gateway) => demand(speaksTls(gateway), gateway, "it has a listener without TLS")),
  ];
}

const ENCRYPTED = ["require", "verify-ca", "verify-full"];

function databases(view: View): Finding[] {
  const instances = view
    .of(DATABASE)
    .map((database) =>
      demand(
        ["ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"].includes(
          textAt(database.props, "settings.ipConfiguration.sslMode") ?? "",
        ),
        database,
        "it accepts connections without TLS",
      ),
    );
  const clients = view.containers.flatMap((container) =>
    container.variables
      .filter(({ name }) => name === "PGSSLMODE" || name.endsWith("_DB_SSL_MODE"))
      .map(({ path, text = "" }) => {
        if (isOnHost(view)) return notApplicable(container, "its database is on the same host, in an internal network");
        return demand(ENCRYPTED.includes(text), container, `${path} allows database connections without TLS`);
      }),
  );
  return [...instances, ...clients];
}

/** A Docker host's internal network, which no packet leaves. */
const isOnHost = (view: View): boolean =>
  view
    .of("docker:index/network:Network")
    .some(({ props }) => at(props, "internal") === true && listAt(props, "ipamConfigs").length > 0);
