/** When and how far what we run may grow. */
export const capacity = {
  /** Percent of its processors above which a service gets another instance. Maintenance guide: scale out at CPU > 80 %. */
  scaleOutAtCpuPercent: 80,
  /** GiB of a service's own volume: a database in one file and logs, which grow by some hundred MiB a year. */
  volumeGi: 20,
} as const;
