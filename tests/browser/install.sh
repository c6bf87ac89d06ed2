#!/usr/bin/env bash
# Installs what the browser tests need: Debian's Chromium, and the packages of the lock file beside this script.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v chromium >/dev/null 2>&1 && [ -z "${CHROMIUM:-}" ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
npm ci --silent --ignore-scripts
