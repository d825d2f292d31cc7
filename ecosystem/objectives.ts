/** What users are promised, and what the deployment is judged by. Each number stands here once, with where it comes from. */
export const objectives = {
  /** Failed requests over all requests, at most. Status report, checks after a deployment: error rates < 0.1 %. */
  errorRatio: 0.001,
  /** 95 of 100 requests answer faster than this, in milliseconds. Status report, checks after a deployment: latency < 1 s (p95). */
  p95Ms: 1000,
  /** 99 of 100 requests answer faster than this, in milliseconds. Deployment guide, objectives: p99 < 2 s. */
  p99Ms: 2000,
  /** The part of a 30 days' window in which a service answers. Deployment guide, objectives: uptime > 99.9 %. */
  availability: 0.999,
  /** The largest part of its memory that a service should use. Deployment guide, objectives: memory < 80 %. */
  memoryRatio: 0.8,
  /** The largest part of its processors that a service should use. Deployment guide, objectives: CPU < 70 %. */
  cpuRatio: 0.7,
  /** A health check answers faster than this, in milliseconds, median and worst of several. The seventh smoke test: health under 2000 ms. */
  smokeHealthMs: 2000,
  /** Hours until the service is back after a disaster. Recovery runbook: RTO 4 h. */
  recoveryTimeHours: 4,
  /** Hours of data that a disaster may cost. Recovery runbook: RPO 24 h. */
  recoveryPointHours: 24,
} as const;
