/**
 * What one client may ask of a server. The guide's RATE_LIMIT_* numbers; no server reads them, so the edge enforces them
 * (Cloud Armor, where the edge is Google's, knows a count and an interval only: `perMinute`).
 */
export const clientLimits = { perMinute: 60, burst: 10, perHour: 1000 } as const;
