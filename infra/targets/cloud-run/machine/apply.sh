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
