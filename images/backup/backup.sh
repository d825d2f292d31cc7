#!/bin/sh
# Runs a stack's backups. Its environment says what to back up (infra/backups/environment.ts). Secrets are read from files
# and never passed as arguments or printed.
#
#   save                    backs up every store (settings, databases, volumes) to the repository
#   check                   checks the repository, then prunes expired snapshots
#   vault                   copies new objects from the repository to the vault
#   serve                   next to a single writer in a cluster: copies its volume whenever a job requests it
#   schedule HH:MM ACTION   runs one of the first three every day at that time (UTC)
#
# Each run ends with one log line per store with its three metrics, and fails if any store failed.
set -eu
umask 077

scratch=${BACKUP_SCRATCH:-/scratch}
patience=${BACKUP_PATIENCE:-1800} # seconds
export RESTIC_CACHE_DIR="$scratch/cache" TMPDIR="$scratch/tmp"
export RCLONE_CONFIG=/notfound RCLONE_GCS_BUCKET_POLICY_ONLY=true RCLONE_S3_ENV_AUTH=true RCLONE_S3_NO_CHECK_BUCKET=true

say() { printf '{"severity":"%s","component":"backup","message":"%s"}\n' "$1" "$2"; }

fail() {
  say ERROR "$1" >&2
  exit 1
}

# Forwards a signal to the running command, so that restic removes its locks.
child=
run() {
  "$@" &
  child=$!
  wait "$child"
}
stop() {
  [ -z "$child" ] || kill "$child" 2>/dev/null || true
  wait
  exit 143
}
trap stop TERM INT

# --- one store ---------------------------------------------------------------------------------------------------------

# Backs up one store, in a process of its own, so that a failure does not affect the others.
store() { # NAME KIND SOURCE
  store=$1 staging=$scratch/staging/$1
  trap finish EXIT
  rm -rf "$staging"
  mkdir -p "$staging"
  "stage_$2" "$3"
  repository
  cd "$staging"
  unlocked backup --quiet --json --host "$BACKUP_STACK" --tag "$store" . >"$scratch/$store.json"
  bytes=$(sed -n 's/.*"total_bytes_processed":\([0-9]*\).*/\1/p' "$scratch/$store.json")
  [ "${bytes:-0}" -gt 0 ] || fail "$store: the backup is empty"
  report 1 "$bytes"
}

finish() {
  code=$?
  trap - EXIT
  [ -z "${staging-}" ] || rm -rf "$staging"
  [ "$code" -eq 0 ] || report 0
  exit "$code"
}

stage_settings() { printf '%s\n' "$BACKUP_MANIFEST" >"$staging/stack.json"; }

# A dump restores into the same or a newer version; uncompressed, it deduplicates against yesterday's.
stage_database() { # NAME=PASSWORD_FILE
  password=$(cat "${1#*=}")
  database=${1%%=*}
  export PGPASSWORD="$password"
  run pg_dump --format=custom --compress=0 --no-password --username="$database" --file="$staging/$database.dump" "$database" \
    2>"$scratch/refusal" || fail "$store: $(dump_refusal)"
  unset PGPASSWORD
  pg_restore --list "$staging/$database.dump" >/dev/null
}

dump_refusal() {
  server=$(sed -n 's/.*server version: \([0-9]*\).*/\1/p' "$scratch/refusal")
  if [ -n "$server" ]; then
    printf "the server is PostgreSQL %s, newer than this image's pg_dump: %s. Nothing is saved; use an older server or a newer client" \
      "$server" "$(pg_dump --version)"
  else
    refusal
  fi
}

# If the volume cannot be mounted by a second pod, the sidecar of its writer makes the copy.
stage_volume() { # FOLDER
  if [ -z "${BACKUP_HANDOVER-}" ]; then
    copy "$1" "$staging"
    return
  fi
  request=$(date -u +%s)-$$
  give request "$request"
  deadline=$(($(date +%s) + 2 * patience))
  until answer=$(cat "$BACKUP_HANDOVER/answer" 2>/dev/null) && [ "${answer%% *}" = "$request" ]; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "the sidecar of the writer of $store did not respond"
    run sleep 2
  done
  [ "$answer" = "$request done" ] || fail "the copy of $store failed: ${answer#* }"
  staging=$BACKUP_HANDOVER/copy
}

give() {
  printf '%s\n' "$2" >"$BACKUP_HANDOVER/$1.new"
  mv "$BACKUP_HANDOVER/$1.new" "$BACKUP_HANDOVER/$1"
}

# The files of a volume belong together (a DuckDB or SQLite file and its log), and their writer keeps running. A copy is
# consistent only if nothing was written from shortly before it until its end: it then equals the state after a power
# cut, which both databases recover from. Log files may change meanwhile. The files' times are only compared with
# themselves, never with the clock.
copy() { # FROM TO
  entries "$1" -print -quit | grep -q . || fail "$1 is empty or missing"
  deadline=$(($(date +%s) + patience))
  until still_copy "$1" "$2"; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "no consistent copy of $1 in $patience seconds: it is written to continuously"
  done
}

# A copy that fails while nothing changes would fail again, so it fails at once.
still_copy() {
  before=$(state "$1") || fail "cannot read $1: $(printf '%s' "$before" | plain)"
  run sleep 2
  [ "$before" = "$(state "$1")" ] || return 1
  rm -rf "$2"
  mkdir -p "$2"
  problem=$(entries "$1" -exec cp -a -t "$2" {} + 2>&1) && problem=
  [ "$before" = "$(state "$1")" ] || return 1
  [ -z "$problem" ] || fail "cannot copy $1: $(printf '%s' "$problem" | plain)"
}

state() {
  found=$(cd "$1" && find . -ignore_readdir_race -path ./lost+found -prune -o \
    ! -type d ! -name '*.log' ! -name '*.log.*' -printf '%P %i %s %T@ %C@\n' 2>&1) || code=$?
  printf '%s\n' "$found" | sort
  return "${code:-0}"
}

# What a volume contains. lost+found is the file system's own, and only root may read it.
entries() { # FOLDER ACTION...
  folder=$1
  shift
  find "$folder" -ignore_readdir_race -mindepth 1 -maxdepth 1 ! -name lost+found "$@"
}

# Runs restic. While another run holds a lock that excludes this one, it waits. A killed run leaves its lock, which
# restic takes for stale half an hour after the last sign of life; so the limit is twice as long.
unlocked() {
  deadline=$(($(date +%s) + 2 * patience))
  until run restic "$@" 2>"$scratch/refusal"; do
    grep -q 'already locked' "$scratch/refusal" || fail "restic $1: $(refusal)"
    [ "$(date +%s)" -lt "$deadline" ] || fail "restic $1: still locked after $((2 * patience)) seconds: $(refusal)"
    say INFO "restic $1 waits for a lock: $(refusal)" >&2
    run restic unlock --quiet >&2 || true
    run sleep 10
  done
  cat "$scratch/refusal" >&2
}

# Removes the locks of killed runs only. This fails if there is no repository yet; only the run that backs up the settings
# creates it, so that two runs never do so at the same time.
repository() {
  deadline=$(($(date +%s) + patience))
  until restic unlock --quiet 2>"$scratch/refusal"; do
    if [ -n "${BACKUP_MANIFEST-}" ]; then
      run restic init --quiet || fail "cannot open or create $RESTIC_REPOSITORY: $(refusal)"
    elif [ "$(date +%s)" -ge "$deadline" ]; then
      fail "cannot open $RESTIC_REPOSITORY: $(refusal)"
    else
      run sleep 5
    fi
  done
}

refusal() { plain <"$scratch/refusal"; }
plain() { tr -c '[:alnum:] ./:,_+-' ' ' | tail -c 1000; }

# --- the series --------------------------------------------------------------------------------------------------------

# Reports a store's result as a log line and, if a folder is set, to node-exporter's textfile collector.
report() { # SUCCESS [BYTES]
  success=$1 size=${2-} at=
  [ "$success" -eq 0 ] || at=$(date -u +%s)
  line="mahavishnu_backup_success=$success"
  [ -z "$at" ] || line="$line mahavishnu_backup_last_success_timestamp_seconds=$at"
  [ -z "$size" ] || line="$line mahavishnu_backup_size_bytes=$size"
  severity=INFO
  [ "$success" -eq 1 ] || severity=ERROR
  say "$severity" "backup of $store: $line"
  [ -z "${BACKUP_SERIES-}" ] || export_series
}

export_series() {
  file=$BACKUP_SERIES/backup-$store.prom
  {
    series mahavishnu_backup_success "1 if the last run succeeded" "$success"
    series mahavishnu_backup_last_success_timestamp_seconds "Time of the last successful run" \
      "${at:-$(former mahavishnu_backup_last_success_timestamp_seconds)}"
    series mahavishnu_backup_size_bytes "Size of the last successful run" \
      "${size:-$(former mahavishnu_backup_size_bytes)}"
  } >"$file.new"
  chmod 644 "$file.new"
  mv "$file.new" "$file"
}

series() { # NAME HELP VALUE
  [ -n "$3" ] || return 0
  printf '# HELP %s %s\n# TYPE %s gauge\n%s{store="%s"} %s\n' "$1" "$2" "$1" "$1" "$store" "$3"
}

former() { [ ! -e "$file" ] || sed -n "s/^$1{.*} //p" "$file"; }

# --- the actions -------------------------------------------------------------------------------------------------------

save() {
  failed=0
  [ -z "${BACKUP_MANIFEST-}" ] || run "$0" store settings settings - || failed=1
  for database in ${BACKUP_DATABASES-}; do
    run "$0" store "${database%%=*}-database" database "$database" || failed=1
  done
  for volume in ${BACKUP_VOLUMES-}; do
    run "$0" store "${volume%%=*}" volume "${volume#*=}" || failed=1
  done
  exit "$failed"
}

# Reads all data once a month, one part per day. If the check fails, nothing is pruned.
check() {
  store=check
  trap finish EXIT
  unlocked check --quiet --read-data-subset="$(date -u +%-d)/31"
  unlocked forget --quiet --prune --host "$BACKUP_STACK" --group-by host,tags \
    --keep-daily "$BACKUP_KEEP_DAILY" --keep-weekly "$BACKUP_KEEP_WEEKLY" --keep-monthly "$BACKUP_KEEP_MONTHLY"
  report 1
}

# Each month's copy is a complete repository. Objects are copied and never replaced or deleted, because a locked vault
# refuses both. Snapshots come last, and only those whose data existed when the copy began.
vault() {
  store=vault
  trap finish EXIT
  from=$(remote "$RESTIC_REPOSITORY")
  to=$(remote "$BACKUP_VAULT")/$(date -u +%Y-%m)
  rclone lsf "$from/snapshots" >"$scratch/snapshots"
  [ -s "$scratch/snapshots" ] || fail "$RESTIC_REPOSITORY contains no snapshots"
  for part in data index keys config; do
    run rclone copy --ignore-existing "$from/$part" "$to/${part%config}"
  done
  run rclone copy --ignore-existing --files-from "$scratch/snapshots" "$from/snapshots" "$to/snapshots"
  case $BACKUP_VAULT in
    /*) forget_months ;; # in a bucket, its lifecycle rule does this
  esac
  report 1
}

forget_months() {
  find "$BACKUP_VAULT" -mindepth 1 -maxdepth 1 -type d -name '[0-9][0-9][0-9][0-9]-[0-9][0-9]' | sort -r |
    tail -n "+$((BACKUP_KEEP_MONTHLY + 2))" | while read -r month; do rm -rf "$month"; done
}

# Translates a restic repository URL to an rclone remote.
remote() {
  case $1 in
    gs:*) printf ':gcs:%s' "$(printf '%s' "${1#gs:}" | sed 's|:/|/|')" ;;
    s3:*)
      place=${1#s3:}
      scheme=https
      case $place in http://* | https://*) scheme=${place%%://*} place=${place#*://} ;; esac
      host=${place%%/*}
      case $host in
        s3.*.amazonaws.com) provider=AWS,region=$(printf '%s' "$host" | cut -d. -f2) ;;
        *) provider=Other ;;
      esac
      printf ':s3,provider=%s,endpoint="%s://%s":%s' "$provider" "$scheme" "$host" "${place#*/}"
      ;;
    *) printf '%s' "$1" ;;
  esac
}

serve() {
  while :; do
    if request=$(cat "$BACKUP_HANDOVER/request" 2>/dev/null); then
      rm "$BACKUP_HANDOVER/request"
      answer="done"
      run "$0" copy "${BACKUP_VOLUMES#*=}" "$BACKUP_HANDOVER/copy" 2>"$BACKUP_HANDOVER/log" ||
        answer=$(tail -n 1 "$BACKUP_HANDOVER/log" | sed 's/.*"message":"\(.*\)"}$/\1/' | plain)
      cat "$BACKUP_HANDOVER/log" >&2
      rm "$BACKUP_HANDOVER/log"
      give answer "$request $answer"
    fi
    run sleep 2
  done
}

schedule() { # HH:MM ACTION
  hour=${1%:*} minute=${1#*:}
  while :; do
    now=$(date -u +%s)
    next=$((now - now % 86400 + ${hour#0} * 3600 + ${minute#0} * 60))
    [ "$next" -gt "$now" ] || next=$((next + 86400))
    date -u -d "@$next" +%FT%TZ >"$scratch/next"
    until [ "$(date -u +%s)" -ge "$next" ]; do run sleep 20; done
    run "$0" "$2" || say ERROR "$2 failed; next run tomorrow at $1 UTC"
  done
}

case ${1-} in
  serve | copy) "$@" ;;
  save | check | vault | schedule | store)
    mkdir -p "$TMPDIR"
    "$@"
    ;;
  *) fail "backup.sh ${1-}: unknown action. Actions: save, check, vault, serve, schedule HH:MM ACTION" ;;
esac
