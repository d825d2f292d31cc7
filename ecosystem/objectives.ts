/** What users are promised, and what the deployment is judged by. Each number stands here once, with where it comes from. */
export const objectives = {
  /** Failed requests over all requests, at most. Status report, checks after a deployment: error rates < 0.1 %. */
  errorRatio: 0.001,
  /** 95 of 100 requests answer faster than this, in milliseconds. Status report, checks after a deployment: latency < 1 s (p95). */
  p95Ms: 1000,
  /** A health check answers faster than this, in milliseconds, median and worst of several. The seventh smoke test: health under 2000 ms. */
  smokeHealthMs: 2000,
} as const;
