#!/bin/bash
# Calls to Google's APIs, for this machine's scripts.

metadata=http://metadata.google.internal/computeMetadata/v1

field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

# The token is read from standard input: arguments are visible to every process.
ask() { # TOKEN CURL_ARGUMENT...
  local token=$1
  shift
  printf 'header = "Authorization: Bearer %s"\n' "$token" |
    curl --config - --silent --show-error --fail --retry 5 --max-time 30 "$@"
}

# A value from this machine's metadata.
own() { # PATH
  curl --silent --show-error --fail --retry 5 --max-time 30 --header 'Metadata-Flavor: Google' "$metadata/instance/$1"
}

own_token() { own service-accounts/default/token | field access_token; }

#!/bin/bash
# Makes this machine's containers match the calls after these functions. It can be stopped and run again at any line.
# Two containers never write to one volume: everything to be removed is removed before anything starts.
set -euo pipefail
umask 077

memory=/run/singles # not a disk: secrets lie here only
export HOME=$memory # where Docker keeps the way into the registry

say() { echo "singles: $*"; }

# --- secrets ----------------------------------------------------------------------------------------------------------

# A service's secrets are read by impersonating its service account, the only one that may read them.
token_of() { # ACCOUNT
  ask "$(own_token)" --header 'Content-Type: application/json' \
    --data '{"scope":["https://www.googleapis.com/auth/cloud-platform"],"lifetime":"300s"}' \
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/$1:generateAccessToken" | field accessToken
}

# The latest versions, as files that only the containers' user can read.
secrets() { # FOLDER TOKEN NAME...
  local folder=$memory/$1 token=$2 name
  shift 2
  mkdir -p "$folder"
  for name in "$@"; do
    ask "$token" "https://secretmanager.googleapis.com/v1/projects/$project/secrets/$name/versions/latest:access" |
      field data | base64 --decode >"$folder/$name.new"
    [ -s "$folder/$name.new" ] || { say "the secret $name is empty" && return 1; }
    mv "$folder/$name.new" "$folder/$name"
  done
  chown -R "$user" "$folder"
}

# --- the machine -------------------------------------------------------------------------------------------------------

user=10001:10001

begin() {
  until docker version >/dev/null 2>&1; do sleep 1; done
  mkdir -p "$memory"
  docker-credential-gcr configure-docker --registries "$registry" >/dev/null
  docker network inspect singles >/dev/null 2>&1 || docker network create singles >/dev/null
  # the metadata server issues the machine's identity tokens; containers may use it only for DNS
  local rule=(DOCKER-USER --destination 169.254.169.254 --protocol tcp '!' --destination-port 53 --jump REJECT)
  iptables --wait --check "${rule[@]}" 2>/dev/null || iptables --wait --insert "${rule[@]}"
}

# The persistent disk of a service. It is formatted once: only when nothing at all is found on it.
disk() { # SERVICE
  local device=/dev/disk/by-id/google-$1 folder=/mnt/disks/$1 found=0
  mountpoint --quiet "$folder" && return
  blkid "$device" >/dev/null || found=$?
  case $found in
    0) ;;
    2) mkfs.ext4 -q -m 0 "$device" ;;
    *) say "$device cannot be read (blkid: $found)" && return 1 ;;
  esac
  mkdir -p "$folder"
  mount -o discard,nosuid,nodev "$device" "$folder"
  resize2fs "$device" >/dev/null 2>&1 || say "$device could not be resized"
  chown "$user" "$folder"
}

image() { docker image inspect "$1" >/dev/null 2>&1 || docker pull --quiet "$1" >/dev/null; }

# --- containers --------------------------------------------------------------------------------------------------------

# Prepares everything a container needs, so that its predecessor keeps running meanwhile.
prepare() { # NAME ACCOUNT IMAGE SECRET...
  local name=$1 account=$2
  image "$3"
  shift 3
  secrets "$name" "$(token_of "$account")" "$@"
}

# Stops and removes containers that differ from their description; a scratch volume is removed with its container.
settle() { # NAME=SPECIFICATION...
  docker ps --all --filter label=component=service --format '{{.Names}} {{.Label "specification"}} {{.State}}' |
    while read -r name specification state; do
      case " $* " in *" $name=$specification "*) [ "$state" = running ] && continue ;; esac
      say "stopping $name"
      docker stop "$name" >/dev/null
      docker rm --volumes "$name" >/dev/null
      docker volume rm --force "scratch-$name" >/dev/null
      case " $* " in *" $name="*) ;; *) rm -rf "${memory:?}/$name" ;; esac
    done
}

# Starts a container unless it is running, and waits until it answers.
start() { # NAME ADDRESS SECONDS DOCKER_ARGUMENT...
  local name=$1 address=$2 seconds=$3 waited=0
  shift 3
  if ! docker inspect "$name" >/dev/null 2>&1; then
    say "starting $name"
    docker run --detach --name "$name" "$@" >/dev/null
  fi
  until curl --silent --fail --output /dev/null --max-time 5 "$address"; do
    if [ "$waited" -ge "$seconds" ]; then
      say "$name did not answer on $address within $seconds s; its last log lines:"
      docker logs --tail 20 "$name" 2>&1 || true
      return 1
    fi
    sleep 1
    waited=$((waited + 1))
  done
}

# Writes a file on this machine if its content differs.
file() { # PATH CONTENT
  [ -f "$1" ] && [ "$(cat "$1"; echo x)" = "$2x" ] && return
  mkdir -p "$(dirname "$1")"
  printf '%s' "$2" >"$1"
  changed=yes
}
changed='' failed=''

# --- description -------------------------------------------------------------------------------------------------------
project=mahavishnu-prod registry=europe-west1-docker.pkg.dev
begin
(
file /etc/singles/health.sh '#!/bin/bash
# Calls to Google'\''s APIs, for this machine'\''s scripts.

metadata=http://metadata.google.internal/computeMetadata/v1

field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

# The token is read from standard input: arguments are visible to every process.
ask() { # TOKEN CURL_ARGUMENT...
  local token=$1
  shift
  printf '\''header = "Authorization: Bearer %s"\n'\'' "$token" |
    curl --config - --silent --show-error --fail --retry 5 --max-time 30 "$@"
}

# A value from this machine'\''s metadata.
own() { # PATH
  curl --silent --show-error --fail --retry 5 --max-time 30 --header '\''Metadata-Flavor: Google'\'' "$metadata/instance/$1"
}

own_token() { own service-accounts/default/token | field access_token; }
#!/bin/bash
# Reports to Google Cloud Monitoring for the stable of each single service whether it answers, and which fraction of its memory
# limit it uses. Cloud Run'\''s services are probed from outside; these are reachable only from here.
set -uo pipefail

tell() { # SERVICE ADDRESS
  local up=0 container used=
  ! curl --silent --fail --output /dev/null --max-time 5 "$2" || up=1
  # sent first: the Docker commands below may hang
  send single_up "$1" "$up" || failed=yes
  container=$(docker ps --quiet --filter label=role=stable --filter "label=service=$1")
  [ -z "$container" ] || used=$(docker stats --no-stream --format '\''{{.MemPerc}}'\'' "$container")
  case $used in [0-9]*%) send single_memory_percent "$1" "${used%\%}" || failed=yes ;; esac
}

send() { # SERIES SERVICE VALUE
  local point
  point=$(printf '\''{"metric":{"type":"custom.googleapis.com/mahavishnu/%s","labels":{"service":"%s"}},'\'' "$1" "$2"
    printf '\''"resource":{"type":"gce_instance","labels":{"instance_id":"%s","zone":"%s"}},'\'' "$instance" "$zone"
    printf '\''"points":[{"interval":{"endTime":"%s"},"value":{"doubleValue":%s}}]}'\'' "$(date -u +%FT%TZ)" "$3")
  ask "$token" --output /dev/null --header '\''Content-Type: application/json'\'' --data "{\"timeSeries\":[$point]}" \
    "https://monitoring.googleapis.com/v3/projects/$project/timeSeries"
}

token=$(own_token)
instance=$(own id)
zone=$(own zone)
zone=${zone##*/}
failed=
project=mahavishnu-prod
tell session-buddy http://127.0.0.1:8678/healthz
[ -z "$failed" ]
'
file /etc/systemd/system/health.service '[Unit]
Description=Report the health of the single services
[Service]
Type=oneshot
TimeoutStartSec=50s
ExecStart=/bin/bash /etc/singles/health.sh
'
file /etc/systemd/system/health.timer '[Unit]
Description=Report the health of the single services every minute
[Timer]
OnCalendar=minutely
AccuracySec=1s
[Install]
WantedBy=timers.target
'
[ -z "$changed" ] || systemctl daemon-reload
systemctl enable --now health.timer
) &
wait $! || failed=yes
disk session-buddy
prepare session-buddy-212eeaa145 mcp-session-buddy@mahavishnu-prod.iam.gserviceaccount.com unpublished.invalid/session-buddy@sha256:2e296c71b4bea936f6dd54a2ccb06c0095e28ef6d15772cda7e4578bb112f16c session-encryption-key
settle session-buddy-212eeaa145=75226cdf7b3d98b2
(
start session-buddy-212eeaa145 http://127.0.0.1:8678/healthz 60 --user=10001:10001 --read-only --cap-drop=ALL --security-opt=no-new-privileges --memory=4096m --memory-swap=4096m --cpus=2 --pids-limit=512 --restart=unless-stopped --stop-timeout=10 --network=singles --publish=8678:8678 --mount=type=bind,source=/run/singles/session-buddy-212eeaa145,target=/run/secrets,readonly --mount=type=bind,source=/mnt/disks/session-buddy,target=/data --tmpfs=/tmp:rw,nosuid,nodev,mode=1777 --log-driver=gcplogs --log-opt=gcp-log-cmd=false --log-opt=labels=service,revision --label=managed-by=pulumi --label=ecosystem=mahavishnu --label=stack=prod --label=service=session-buddy --label=revision=session-buddy-212eeaa145 --label=component=service --label=role=stable --label=specification=75226cdf7b3d98b2 --entrypoint=/bin/sh unpublished.invalid/session-buddy@sha256:2e296c71b4bea936f6dd54a2ccb06c0095e28ef6d15772cda7e4578bb112f16c -c 'set -eu
while [ "$1" != exec ]; do
  case "$1" in
    write) mkdir -p "${2%/*}"; printf '\''%s'\'' "$3" > "$2" ;;
    export) value=$(cat "/run/secrets/$3"); export "$2=$value" ;;
  esac
  shift 3
done
shift
exec "$@"' start export SESSION_ENCRYPTION_KEY session-encryption-key exec python /app/serve.py
) &
wait $! || failed=yes
(
image unpublished.invalid/backup@sha256:445c17ed2fd26b5e084eb8c8bac36a8487d769119a50b398e956d8926d11e12e
secrets backup "$(own_token)" restic-password
mkdir -p /var/lib/singles/scratch && chown "$user" /var/lib/singles/scratch
file /etc/mahavishnu/backup-volumes.env 'BACKUP_STACK=mahavishnu-prod
RESTIC_REPOSITORY=gs:mahavishnu-prod-backups:/cloud-run
RESTIC_PASSWORD_FILE=/run/secrets/restic-password
BACKUP_VOLUMES=session-buddy=/volumes/session-buddy
'
file /etc/systemd/system/backup-volumes.service '[Unit]
Description=Save the volumes of the single services
Wants=network-online.target
After=docker.service network-online.target
[Service]
Type=oneshot
TimeoutStartSec=2h
ExecStartPre=-/usr/bin/docker rm --force backup-volumes
ExecStart=/usr/bin/docker run --rm \
  --name=backup-volumes \
  --log-driver=gcplogs \
  --network=host \
  --user=10001:10001 --read-only --cap-drop=ALL --security-opt=no-new-privileges \
  --memory=512m --memory-swap=512m --pids-limit=64 \
  --env-file=/etc/mahavishnu/backup-volumes.env \
  --mount=type=bind,source=/run/singles/backup/restic-password,target=/run/secrets/restic-password,readonly \
  --mount=type=bind,source=/mnt/disks/session-buddy,target=/volumes/session-buddy,readonly \
  --mount=type=bind,source=/var/lib/singles/scratch,target=/scratch \
  unpublished.invalid/backup@sha256:445c17ed2fd26b5e084eb8c8bac36a8487d769119a50b398e956d8926d11e12e save
'
file /etc/systemd/system/backup-volumes.timer '[Unit]
Description=Save the volumes of the single services each night
[Timer]
OnCalendar=*-*-* 02:00:00 UTC
Persistent=true
[Install]
WantedBy=timers.target
'
[ -z "$changed" ] || systemctl daemon-reload
systemctl enable --now backup-volumes.timer
) &
wait $! || failed=yes
[ -z "$failed" ]
