/** A container's steps before its command: write files, and export secrets from files as environment variables. */
export type Preparations = {
  /** By path, in scratch folders of the container. */
  files?: Readonly<Record<string, string>>;
  /** The secret of each environment variable. */
  variables?: Readonly<Record<string, string>>;
};

/**
 * The servers read secrets only from environment variables, and `docker inspect` shows every variable set through Docker. So a
 * shell sets them from files that only the container can read, and then execs the command.
 */
const SCRIPT = `set -eu
while [ "$1" != exec ]; do
  case "$1" in
    write) mkdir -p "\${2%/*}"; printf '%s' "$3" > "$2" ;;
    export) value=$(cat "/run/secrets/$3"); export "$2=$value" ;;
  esac
  shift 3
done
shift
exec "$@"`;

/** A command with its preparation steps, as a container's entrypoint and command. */
export function started(command: readonly string[], { files = {}, variables = {} }: Preparations) {
  return {
    entrypoint: ["/bin/sh", "-c", SCRIPT, "start"],
    command: [
      ...Object.entries(files).flatMap(([path, content]) => ["write", path, content]),
      ...Object.entries(variables).flatMap(([variable, secret]) => ["export", variable, secret]),
      "exec",
      ...command,
    ],
  };
}
