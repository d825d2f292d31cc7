/**
 * The PostgreSQL versions that a stack's database may have. The newest is the client's in `images/backup`: pg_dump refuses
 * a server newer than itself, and Debian stable brings 17.
 */
export const postgresVersions = { oldest: 14, newest: 17 } as const;
