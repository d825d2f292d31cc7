#!/bin/sh
# Keeps the backups of a stack. What there is stands in the environment (infra/backups/environment.ts). Secrets are files:
# none of them is ever an argument or part of the output.
#
#   save                    every store (the settings, databases, volumes) into the repository
#   check                   the repository itself; then what is past its time is forgotten
#   vault                   copies what is new in the repository into the vault
#   serve                   beside a single writer in a cluster: copies its volume whenever a job asks for it
#   schedule HH:MM ACTION   does one of the first three every day at that time (UTC)
#
# Each run ends with a line for each store that says the three series, and fails where one of them failed.
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

# Whoever is told to end tells what it has started, so that restic takes its locks away.
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

# One store from its source into the repository, in a process of its own: what fails there leaves the others alone.
store() { # NAME KIND SOURCE
  store=$1 staging=$scratch/staging/$1
  trap finish EXIT
  rm -rf "$staging"
  mkdir -p "$staging"
  "stage_$2" "$3"
  repository
  cd "$staging"
  run restic backup --quiet --json --host "$BACKUP_STACK" --tag "$store" . >"$scratch/$store.json"
  bytes=$(sed -n 's/.*"total_bytes_processed":\([0-9]*\).*/\1/p' "$scratch/$store.json")
  [ "${bytes:-0}" -gt 0 ] || fail "nothing of $store was saved"
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

# The file restores into any version that is no older; unpacked it shares with yesterday's what has not changed.
stage_database() { # NAME=PASSWORD_FILE
  password=$(cat "${1#*=}")
  database=${1%%=*}
  export PGPASSWORD="$password"
  run pg_dump --format=custom --compress=0 --no-password --username="$database" --file="$staging/$database.dump" "$database"
  unset PGPASSWORD
  pg_restore --list "$staging/$database.dump" >/dev/null
}

# Where the writer's volume takes no second pod, the copy is made beside the writer and handed over.
stage_volume() { # FOLDER
  if [ -z "${BACKUP_HANDOVER-}" ]; then
    copy "$1" "$staging"
    return
  fi
  request=$(date -u +%s)-$$
  give request "$request"
  deadline=$(($(date +%s) + 2 * patience))
  until answer=$(cat "$BACKUP_HANDOVER/answer" 2>/dev/null) && [ "${answer#* }" = "$request" ]; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "nobody beside the writer of $store has answered"
    run sleep 2
  done
  [ "$answer" = "done $request" ] || fail "the copy of $store failed; the log of the container beside its writer says why"
  staging=$BACKUP_HANDOVER/copy
}

give() {
  printf '%s\n' "$2" >"$BACKUP_HANDOVER/$1.new"
  mv "$BACKUP_HANDOVER/$1.new" "$BACKUP_HANDOVER/$1"
}

# Files of a volume belong together (a DuckDB or SQLite file and its log), and their one writer runs on. So a copy counts
# only if nothing was written from a moment before it until its end: then it is what a power cut would have left, which
# both come back from. Log files may change meanwhile.
copy() { # FROM TO
  [ -n "$(ls -A "$1")" ] || fail "$1 is empty or is not there"
  deadline=$(($(date +%s) + patience))
  until still_copy "$1" "$2"; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "no whole copy of $1 in $patience seconds: it is written to all the time"
    run sleep 1
  done
}

still_copy() {
  [ -z "$(find "$1" -type f ! -name '*.log' ! -name '*.log.*' -newermt '2 seconds ago' -print -quit)" ] || return 1
  before=$(state "$1")
  rm -rf "$2"
  cp -a "$1" "$2" && [ "$before" = "$(state "$1")" ]
}

state() { find "$1" ! -type d ! -name '*.log' ! -name '*.log.*' -printf '%P %i %s %T@ %C@\n' | sort; }

# Takes away the locks of runs that were killed; those that live keep theirs. That fails where there is no repository yet:
# only who saves the settings makes it, or two would at the same time.
repository() {
  deadline=$(($(date +%s) + patience))
  until restic unlock --quiet 2>"$scratch/refusal"; do
    if [ -n "${BACKUP_MANIFEST-}" ]; then
      run restic init --quiet || fail "$RESTIC_REPOSITORY can be neither opened nor made: $(refusal)"
    elif [ "$(date +%s)" -ge "$deadline" ]; then
      fail "$RESTIC_REPOSITORY cannot be opened: $(refusal)"
    else
      run sleep 5
    fi
  done
}

refusal() { tr -c '[:alnum:] ./:,_-' ' ' <"$scratch/refusal"; }

# --- the series --------------------------------------------------------------------------------------------------------

# What came of a store, for Google's log and for people; and, where a folder is given, for node-exporter.
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
    series mahavishnu_backup_success "1 where the last run succeeded" "$success"
    series mahavishnu_backup_last_success_timestamp_seconds "When a run last succeeded" \
      "${at:-$(former mahavishnu_backup_last_success_timestamp_seconds)}"
    series mahavishnu_backup_size_bytes "How much the last good run saved" \
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

# Over a month all that is stored is read once. What does not check out is left as it is: nothing is forgotten then.
check() {
  store=check
  trap finish EXIT
  run restic unlock --quiet
  run restic check --quiet --read-data-subset="$(date -u +%-d)/31"
  run restic forget --quiet --prune --host "$BACKUP_STACK" --group-by host,tags \
    --keep-daily "$BACKUP_KEEP_DAILY" --keep-weekly "$BACKUP_KEEP_WEEKLY" --keep-monthly "$BACKUP_KEEP_MONTHLY"
  report 1
}

# Each month's copy is a repository of its own. Objects are copied as they are and never replaced or deleted: a vault may
# refuse both. Snapshots come last, and only those whose data was there when the copy began.
vault() {
  store=vault
  trap finish EXIT
  from=$(remote "$RESTIC_REPOSITORY")
  to=$(remote "$BACKUP_VAULT")/$(date -u +%Y-%m)
  rclone lsf "$from/snapshots" >"$scratch/snapshots"
  [ -s "$scratch/snapshots" ] || fail "$RESTIC_REPOSITORY holds no snapshot"
  for part in data index keys config; do
    run rclone copy --ignore-existing "$from/$part" "$to/${part%config}"
  done
  run rclone copy --ignore-existing --files-from "$scratch/snapshots" "$from/snapshots" "$to/snapshots"
  case $BACKUP_VAULT in
    /*) forget_months ;; # a bucket's lifecycle does it in a bucket
  esac
  report 1
}

forget_months() {
  find "$BACKUP_VAULT" -mindepth 1 -maxdepth 1 -type d -name '[0-9][0-9][0-9][0-9]-[0-9][0-9]' | sort -r |
    tail -n "+$((BACKUP_KEEP_MONTHLY + 2))" | while read -r month; do rm -rf "$month"; done
}

# restic's name of a place in rclone's words.
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
      answer=failed
      ! run "$0" copy "${BACKUP_VOLUMES#*=}" "$BACKUP_HANDOVER/copy" || answer="done"
      give answer "$answer $request"
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
    run "$0" "$2" || say ERROR "$2 failed; the next one is tomorrow at $1 UTC"
  done
}

case ${1-} in
  serve | copy) "$@" ;;
  save | check | vault | schedule | store)
    mkdir -p "$TMPDIR"
    "$@"
    ;;
  *) fail "backup.sh ${1-}: no such action. Actions: save, check, vault, serve, schedule HH:MM ACTION" ;;
esac
