#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests. As root on Debian it installs one that is missing; elsewhere it
# says what to do and exits 1.
set -euo pipefail

find_it() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

find_it && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Debian's chromium for the browser tests." >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2
  find_it && exit 0
fi
echo "No Chromium was found on PATH: install it (Debian: apt-get install chromium), or put one there." >&2
exit 1
