#!/bin/bash
# How the scripts of this machine ask Google.

metadata=http://metadata.google.internal/computeMetadata/v1

field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

# The token comes on standard input: an argument could be read by everybody.
ask() { # TOKEN CURL_ARGUMENT...
  local token=$1
  shift
  printf 'header = "Authorization: Bearer %s"\n' "$token" |
    curl --config - --silent --show-error --fail --retry 5 --max-time 30 "$@"
}

# What Google knows of this machine.
own() { # PATH
  curl --silent --show-error --fail --retry 5 --max-time 30 --header 'Metadata-Flavor: Google' "$metadata/instance/$1"
}

own_token() { own service-accounts/default/token | field access_token; }
