#!/bin/bash
# Runs the script in the instance's metadata under `singles`, again whenever it changes, and every five minutes: so a change
# needs no reboot, and stopped or altered containers are restored.
set -uo pipefail

mkdir -p /run/singles
seen=0
while :; do
  if ! curl --silent --show-error --fail --max-time 400 --header 'Metadata-Flavor: Google' \
    --dump-header /run/singles/headers --output /run/singles/apply.sh \
    "http://metadata.google.internal/computeMetadata/v1/instance/attributes/singles?wait_for_change=true&timeout_sec=300&last_etag=$seen"; then
    sleep 5
  elif bash /run/singles/apply.sh; then
    seen=$(sed -n 's/^[Ee][Tt][Aa][Gg]: *\([^[:space:]]*\).*/\1/p' /run/singles/headers)
  else
    seen=0
    sleep 30
  fi
done
