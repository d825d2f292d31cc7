#!/bin/bash
# Brings this machine's containers to what the lines after these functions say. It can be stopped and run again at any line.
# Two containers never write to one volume: whatever must go has gone before anything starts.
set -euo pipefail
umask 077

memory=/run/singles # not a disk: secrets lie here only
export HOME=$memory # where Docker keeps the way into the registry

say() { echo "singles: $*"; }

# --- secrets ----------------------------------------------------------------------------------------------------------

# A service's secrets are read in its own name: nobody else may read them.
token_of() { # ACCOUNT
  ask "$(own_token)" --header 'Content-Type: application/json' \
    --data '{"scope":["https://www.googleapis.com/auth/cloud-platform"],"lifetime":"300s"}' \
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/$1:generateAccessToken" | field accessToken
}

# The newest versions, as files that only the containers' user can read.
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
  # the metadata server gives out the machine's identity; containers get its names only
  local rule=(DOCKER-USER --destination 169.254.169.254 --protocol tcp '!' --destination-port 53 --jump REJECT)
  iptables --wait --check "${rule[@]}" 2>/dev/null || iptables --wait --insert "${rule[@]}"
}

# The durable disk of a service. It gets a file system once: only where nothing at all is found on it.
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
  resize2fs "$device" >/dev/null 2>&1 || say "$device keeps its size"
  chown "$user" "$folder"
}

image() { docker image inspect "$1" >/dev/null 2>&1 || docker pull --quiet "$1" >/dev/null; }

# --- containers --------------------------------------------------------------------------------------------------------

# What a container needs before it can start, so that the one before it runs on meanwhile.
prepare() { # NAME ACCOUNT IMAGE SECRET...
  local name=$1 account=$2
  image "$3"
  shift 3
  secrets "$name" "$(token_of "$account")" "$@"
}

# Stops and removes whatever does not run as it is wanted; a scratch volume goes with its container.
settle() { # NAME=SPECIFICATION...
  docker ps --all --filter label=component=service --format '{{.Names}} {{.Label "specification"}} {{.State}}' |
    while read -r name specification state; do
      case " $* " in *" $name=$specification "*) [ "$state" = running ] && continue ;; esac
      say "$name stops"
      docker stop "$name" >/dev/null
      docker rm --volumes "$name" >/dev/null
      docker volume rm --force "scratch-$name" >/dev/null
      case " $* " in *" $name="*) ;; *) rm -rf "${memory:?}/$name" ;; esac
    done
}

# Starts a container unless it runs, and waits until it answers.
start() { # NAME ADDRESS SECONDS DOCKER_ARGUMENT...
  local name=$1 address=$2 seconds=$3 waited=0
  shift 3
  if ! docker inspect "$name" >/dev/null 2>&1; then
    say "$name starts"
    docker run --detach --name "$name" "$@" >/dev/null
  fi
  until curl --silent --fail --output /dev/null --max-time 5 "$address"; do
    if [ "$waited" -ge "$seconds" ]; then
      say "$name does not answer $address after $seconds s; its last words:"
      docker logs --tail 20 "$name" 2>&1 || true
      return 1
    fi
    sleep 1
    waited=$((waited + 1))
  done
}

# A file of this machine, written where it is another one.
file() { # PATH CONTENT
  [ -f "$1" ] && [ "$(cat "$1"; echo x)" = "$2x" ] && return
  mkdir -p "$(dirname "$1")"
  printf '%s' "$2" >"$1"
  changed=yes
}
changed='' failed=''

# --- what is wanted ----------------------------------------------------------------------------------------------------
