/** Service objectives. Each number is defined here once, with its source. */
export const objectives = {
  /** Highest ratio of failed requests. Status report, checks after a deployment: error rates < 0.1 %. */
  errorRatio: 0.001,
  /** 95th percentile of latency, in milliseconds. Status report, checks after a deployment: latency < 1 s (p95). */
  p95Ms: 1000,
  /** 99th percentile of latency, in milliseconds. Deployment guide, objectives: p99 < 2 s. */
  p99Ms: 2000,
  /** Fraction of a 30-day window in which a service is up. Deployment guide, objectives: uptime > 99.9 %. */
  availability: 0.999,
  /** Highest fraction of its memory that a service should use. Deployment guide, objectives: memory < 80 %. */
  memoryRatio: 0.8,
  /** Highest fraction of its CPU that a service should use. Deployment guide, objectives: CPU < 70 %. */
  cpuRatio: 0.7,
  /** Longest health check, in milliseconds, median and worst of several. Smoke test 7: health under 2000 ms. */
  smokeHealthMs: 2000,
  /** Hours to restore the service after a disaster. Recovery runbook: RTO 4 h. */
  recoveryTimeHours: 4,
  /** Hours of data that a disaster may lose. Recovery runbook: RPO 24 h. */
  recoveryPointHours: 24,
} as const;
