import { type Service, type ServiceName, serviceNamed } from "../../ecosystem/services.ts";
import type { SettingsOn } from "../config/schema.ts";
import { privateZone, singletonsMachine } from "../names.ts";
import type { Database, IdentityProxy } from "./revision.ts";

export type ServiceAddress = { host: string; port: number; url: string };
/** Placeholder in a revision's environment for a database address that only the platform knows. */
export const DATABASE_HOST = "{database.host}";

const LOOPBACK = "127.0.0.1";

/**
 * The address at which a stack's services call another: through the edge, so that they follow the traffic split as users do.
 * Cloud Run requires an identity token, which the servers do not send: a sidecar proxy on loopback adds it.
 */
export function addressOf(name: ServiceName, settings: SettingsOn): ServiceAddress {
  const { port, path, sessions } = serviceNamed(name);
  const at = (host: string) => ({ host, port, url: `http://${host}:${port}${path}` });
  if (settings.target !== "cloud-run") return at("edge");
  const single = (settings.cloudRun.sessions?.[name] ?? sessions["cloud-run"]) === "single";
  return at(single ? machineHost(settings) : LOOPBACK);
}

/** The internal host name of the single services' VM. */
export const machineHost = ({ cloudRun: { project, zone } }: SettingsOn<"cloud-run">): string =>
  `${singletonsMachine}.${zone}.c.${project}.internal`;

/**
 * The peers that a Cloud Run service calls through its sidecar proxy on loopback. Behind a domain their own URLs are disabled,
 * and the internal load balancer routes to them.
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

/** The URL of a Cloud Run service for clients, without its path; also the audience of their identity tokens. */
export function cloudRunUrl(service: ServiceName, settings: SettingsOn<"cloud-run">): string {
  const { domain, projectNumber, region } = settings.cloudRun;
  return `https://${domain === undefined ? `${service}-${projectNumber}.${region}.run.app` : `${service}.${domain}`}`;
}

/** The database of a service. Outside a host's own network the connection is encrypted, and the server's name is verified if it has one. */
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
