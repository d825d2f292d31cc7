import { type Service, type ServiceName, serviceNamed } from "../../ecosystem/services.ts";
import type { SettingsOn } from "../config/schema.ts";
import { privateZone, singletonsMachine } from "../names.ts";
import type { Database, IdentityProxy } from "./revision.ts";

export type ServiceAddress = { host: string; port: number; url: string };
/** Placeholder in a revision's environment for a database address that only the platform knows. */
export const DATABASE_HOST = "{database.host}";

const LOOPBACK = "127.0.0.1";

/**
 * Where the services of a stack reach one of theirs: through the edge, so that they follow the split as users do. On
 * Cloud Run a caller needs an identity token, which the servers do not send: a proxy beside them does, on loopback.
 */
export function addressOf(name: ServiceName, settings: SettingsOn): ServiceAddress {
  const { port, path, sessions } = serviceNamed(name);
  const at = (host: string) => ({ host, port, url: `http://${host}:${port}${path}` });
  if (settings.target !== "cloud-run") return at("edge");
  const single = (settings.cloudRun.sessions?.[name] ?? sessions["cloud-run"]) === "single";
  return at(single ? machineHost(settings) : LOOPBACK);
}

/** The name inside the network of the machine of the single services. */
export const machineHost = ({ cloudRun: { project, zone } }: SettingsOn<"cloud-run">): string =>
  `${singletonsMachine}.${zone}.c.${project}.internal`;

/**
 * What the proxy beside a Cloud Run service calls for it: the peers that it has on loopback. Behind a domain their own
 * addresses are off, and the load balancer inside the network leads to them.
 */
export function peersBehindIdentity({ peers }: Service, settings: SettingsOn<"cloud-run">): IdentityProxy["peers"] {
  const { domain } = settings.cloudRun;
  const called = [...new Set(Object.values(peers).map(({ service }) => service))];
  return called.flatMap((service) => {
    const { host, port } = addressOf(service, settings);
    if (host !== LOOPBACK) return [];
    const audience = cloudRunUrl(service, settings);
    return [{ service, port, url: domain === undefined ? audience : `http://${service}.${privateZone}`, audience }];
  });
}

/** Where clients call a Cloud Run service, without its path; also what their identity tokens must be for. */
export function cloudRunUrl(service: ServiceName, settings: SettingsOn<"cloud-run">): string {
  const { domain, projectNumber, region } = settings.cloudRun;
  return `https://${domain === undefined ? `${service}-${projectNumber}.${region}.run.app` : `${service}.${domain}`}`;
}

/** The database of a service. Beyond one host's own network the connection is encrypted, and the server's name is checked where it has one. */
export function databaseOf(name: ServiceName, settings: SettingsOn): Database {
  const role = { port: 5432, name: name.replaceAll("-", "_"), user: name.replaceAll("-", "_") };
  switch (settings.target) {
    case "cloud-run":
      return { ...role, host: DATABASE_HOST, sslMode: "require" };
    case "compose":
      return { ...role, host: "postgres", sslMode: "disable" };
    case "kubernetes":
      return {
        ...role,
        host: settings.kubernetes.database.host,
        sslMode: "verify-full",
      };
  }
}

/** The URL of that database, with its role's password. Passwords are letters and digits, so nothing is escaped. */
export const databaseUrl = ({ user, port, name, sslMode }: Database, host: string, password: string): string =>
  `postgresql://${user}:${password}@${host}:${port}/${name}?sslmode=${sslMode}`;
