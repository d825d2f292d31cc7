import type { MiB } from "../../../ecosystem/units.ts";

/** A container of the machine of the single services, as far as all of them are alike. */
export type MachineContainer = {
  name: string;
  image: string;
  user: string;
  readOnly: boolean;
  dropCapabilities: string[];
  noNewPrivileges: boolean;
  memoryMi: MiB;
  /** The most processes and threads. */
  processes: number;
  environment: Record<string, string>;
  mounts: Mount[];
  command: string[];
};

/** A folder of the machine, or one of Docker's own volumes, in a container. */
export type Mount = { type: "bind" | "volume"; source: string; target: string; readOnly: boolean };

/** Where the machine keeps things. Secrets are in memory only. */
export const machineFolders = {
  secrets: (name: string): string => `/run/singles/${name}`,
  volume: (service: string): string => `/mnt/disks/${service}`,
  scratch: "/var/lib/singles/scratch",
} as const;

/** The images' own user, and no privilege. */
export const confinement = {
  user: "10001:10001",
  readOnly: true,
  dropCapabilities: ["ALL"],
  noNewPrivileges: true,
};

/** The options of `docker run` for a container's user and privileges. */
export const confinementOptions = (container: MachineContainer): string[] => [
  `--user=${container.user}`,
  ...(container.readOnly ? ["--read-only"] : []),
  ...container.dropCapabilities.map((capability) => `--cap-drop=${capability}`),
  ...(container.noNewPrivileges ? ["--security-opt=no-new-privileges"] : []),
];

/** The options of `docker run` for its memory; it gets no swap. */
export const memoryOptions = ({ memoryMi }: MachineContainer): string[] => [
  `--memory=${memoryMi}m`,
  `--memory-swap=${memoryMi}m`,
];

/** The option of `docker run` for a mount. */
export const mountOption = ({ type, source, target, readOnly }: Mount): string =>
  `--mount=type=${type},source=${source},target=${target}${readOnly ? ",readonly" : ""}`;
