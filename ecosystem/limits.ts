/**
 * Rate limits per client: the guide's RATE_LIMIT_* numbers. The servers ignore those variables, so the edge enforces them.
 * Cloud Armor supports only one count per interval, so on Cloud Run only `perMinute` applies.
 */
export const clientLimits = { perMinute: 60, burst: 10, perHour: 1000 } as const;
