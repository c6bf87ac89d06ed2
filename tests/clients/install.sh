#!/usr/bin/env bash
# Installs the independent Discord clients that the conformance tests run against the emulator:
# discord.js beside its scenario, discord.py into a virtual environment under target/.
set -euo pipefail
cd "$(dirname "$0")/../.."

npm ci --prefix tests/clients/discordjs --silent

venv=target/clients-venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/clients/discordpy/requirements.txt
