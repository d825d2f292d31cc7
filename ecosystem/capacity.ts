/** Autoscaling and volume sizes. */
export const capacity = {
  /** CPU utilisation, in percent, above which a service gets another instance. Maintenance guide: scale out at CPU > 80 %. */
  scaleOutAtCpuPercent: 80,
  /** GiB of a service's volume: a single-file database and logs, which grow by a few hundred MiB a year. */
  volumeGi: 20,
} as const;
