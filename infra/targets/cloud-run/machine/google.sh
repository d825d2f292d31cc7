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
