/** What a container does before its command: it writes files, and makes secrets that it finds as files into variables. */
export type Preparations = {
  /** By path; their folders are scratch folders of the container. */
  files?: Readonly<Record<string, string>>;
  /** By variable, the secret that it gets. */
  variables?: Readonly<Record<string, string>>;
};

/**
 * The servers read their secrets from variables alone, and whatever the engine is told to put into one, `docker inspect`
 * shows to everybody. So a shell puts it there, from a file that only the container sees, and then gives its place to the
 * command.
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

/** A command with what must be done before it, as a container's entrypoint and command. */
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
