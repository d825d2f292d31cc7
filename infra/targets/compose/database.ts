import type { Secret } from "../../../ecosystem/secrets.ts";
import { type ComposeDeployment, revisionsOf } from "../../deployment.ts";
import { named } from "../../names.ts";
import type { Addresses } from "./addresses.ts";
import type { ComposeContainer, Volume } from "./container.ts";

/** The key of the container that creates the databases; containers that need one wait for it. */
export const DATABASE_READY = "postgres-roles";

const POSTGRES = "postgres";

/** The user of the PostgreSQL image. */
const USER = "999:999";

/** PostgreSQL's local socket. It needs no password, so only two containers mount it. */
const SOCKET = "/var/run/postgresql";

/** PostgreSQL with pgvector, and the one-shot container that creates the services' roles and databases. */
export function databaseContainers(
  deployment: Pick<ComposeDeployment, "stack" | "stable" | "candidate">,
  image: string,
  addresses: Addresses,
): ComposeContainer[] {
  const { stack } = deployment;
  const roles = rolesOf(deployment);
  const socket: Volume = { key: "postgres-socket", keeps: false };
  const common = { image, user: USER, cpu: 1, processes: 256 };
  return [
    {
      ...common,
      key: POSTGRES,
      name: named(stack, POSTGRES),
      environment: { POSTGRES_PASSWORD_FILE: "/run/secrets/postgres-password" },
      secrets: ["postgres-password"],
      mounts: [
        { path: "/var/lib/postgresql/data", volume: { key: "postgres-data", keeps: true } },
        { path: SOCKET, volume: socket },
      ],
      scratch: ["/tmp"],
      network: { address: addresses.of(POSTGRES), aliases: [POSTGRES] },
      memoryMi: 1024,
      // over TCP: during initialization it already answers on the socket
      health: { test: ["CMD", "pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"], startSeconds: 60 },
      stopSeconds: 60,
      after: [],
    },
    {
      ...common,
      key: DATABASE_READY,
      name: named(stack, DATABASE_READY),
      entrypoint: [
        "/bin/sh",
        "-c",
        `printf '%s' "$1" | psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=terse -h ${SOCKET} -U postgres`,
        "roles",
      ],
      command: [rolesSql(roles)],
      secrets: ["postgres-password", ...roles.map(({ password }) => password)],
      mounts: [{ path: SOCKET, volume: socket, readOnly: true }],
      memoryMi: 256,
      stopSeconds: 10,
      after: [POSTGRES],
    },
  ];
}

/**
 * Creates a role and a database for each service that needs one, with the current passwords from files. Idempotent, and
 * repeated when a password changes. The server would log a failed statement including its password, so that is disabled.
 */
export function rolesSql(own: readonly DatabaseRole[]): string {
  return [
    "SET log_statement TO 'none';",
    "SET log_min_error_statement TO 'panic';",
    ...passwordSql("postgres", "postgres-password"),
    ...own.flatMap(({ name, user, password }) => [
      `SELECT 'CREATE ROLE "${user}" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${user}') \\gexec`,
      ...passwordSql(user, password),
      `SELECT 'CREATE DATABASE "${name}" OWNER "${user}"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${name}') \\gexec`,
      `REVOKE CONNECT ON DATABASE "${name}" FROM PUBLIC;`,
    ]),
    // last, because \connect ends the session with the settings above
    ...own.flatMap(({ name }) => [`\\connect "${name}"`, "CREATE EXTENSION IF NOT EXISTS vector;"]),
    "",
  ].join("\n");
}

type DatabaseRole = { name: string; user: string; password: Secret };

/** The distinct roles of a deployment's revisions. */
export const rolesOf = (deployment: Pick<ComposeDeployment, "stable" | "candidate">): DatabaseRole[] => [
  ...new Map(revisionsOf(deployment).flatMap(({ database }) => (database ? [[database.user, database]] : []))).values(),
];

const passwordSql = (role: string, secret: Secret): string[] => [
  `\\set password \`cat /run/secrets/${secret}\``,
  `ALTER ROLE "${role}" PASSWORD :'password';`,
];
