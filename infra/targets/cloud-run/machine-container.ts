import type { MiB } from "../../../ecosystem/units.ts";

/** What all containers of the single services' VM have in common. */
export type MachineContainer = {
  name: string;
  image: string;
  user: string;
  readOnly: boolean;
  dropCapabilities: string[];
  noNewPrivileges: boolean;
  memoryMi: MiB;
  /** The maximum number of processes and threads. */
  processes: number;
  environment: Record<string, string>;
  mounts: MachineMount[];
  command: string[];
};

/** A host folder or a Docker volume, mounted in a container. */
export type MachineMount = { type: "bind" | "volume"; source: string; target: string; readOnly: boolean };

/** The VM's folders. Secrets are in memory only. */
export const machineFolders = {
  secrets: (name: string): string => `/run/singles/${name}`,
  volume: (service: string): string => `/mnt/disks/${service}`,
  scratch: "/var/lib/singles/scratch",
} as const;

/** The images' own user, without privileges. */
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
export const mountOption = ({ type, source, target, readOnly }: MachineMount): string =>
  `--mount=type=${type},source=${source},target=${target}${readOnly ? ",readonly" : ""}`;
