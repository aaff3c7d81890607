#!/usr/bin/env bash
# Prints where PostgreSQL's server binaries lie. As root on Debian it installs them when they are missing; elsewhere it
# says what to do and exits 1.
set -euo pipefail
find_it() { python3 "$(dirname "$0")/postgres.py" find; }

find_it 2>/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Debian's postgresql for the tests on both databases." >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
fi
find_it
