#!/bin/bash
# Reports to Google Cloud Monitoring for the stable of each single service whether it answers, and which fraction of its memory
# limit it uses. Cloud Run's services are probed from outside; these are reachable only from here.
set -uo pipefail

tell() { # SERVICE ADDRESS
  local up=0 container used=
  ! curl --silent --fail --output /dev/null --max-time 5 "$2" || up=1
  # sent first: the Docker commands below may hang
  send single_up "$1" "$up" || failed=yes
  container=$(docker ps --quiet --filter label=role=stable --filter "label=service=$1")
  [ -z "$container" ] || used=$(docker stats --no-stream --format '{{.MemPerc}}' "$container")
  case $used in [0-9]*%) send single_memory_percent "$1" "${used%\%}" || failed=yes ;; esac
}

send() { # SERIES SERVICE VALUE
  local point
  point=$(printf '{"metric":{"type":"custom.googleapis.com/mahavishnu/%s","labels":{"service":"%s"}},' "$1" "$2"
    printf '"resource":{"type":"gce_instance","labels":{"instance_id":"%s","zone":"%s"}},' "$instance" "$zone"
    printf '"points":[{"interval":{"endTime":"%s"},"value":{"doubleValue":%s}}]}' "$(date -u +%FT%TZ)" "$3")
  ask "$token" --output /dev/null --header 'Content-Type: application/json' --data "{\"timeSeries\":[$point]}" \
    "https://monitoring.googleapis.com/v3/projects/$project/timeSeries"
}

token=$(own_token)
instance=$(own id)
zone=$(own zone)
zone=${zone##*/}
failed=
