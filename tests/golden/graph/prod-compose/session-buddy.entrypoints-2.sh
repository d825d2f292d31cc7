set -eu
while [ "$1" != exec ]; do
  case "$1" in
    write) mkdir -p "${2%/*}"; printf '%s' "$3" > "$2" ;;
    export) value=$(cat "/run/secrets/$3"); export "$2=$value" ;;
  esac
  shift 3
done
shift
exec "$@"