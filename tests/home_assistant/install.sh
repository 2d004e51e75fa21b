#!/usr/bin/env bash
# Home Assistant's core into a Python of its own in the user's cache folder, once (2 minutes): it is what the discovery
# messages are tested with, and no part of ours. Needs Python 3.11 or 3.12, as that version does.
set -euo pipefail

version=2024.3.3
target=${XDG_CACHE_HOME:-$HOME/.cache}/cooee/homeassistant-$version
[ -e "$target/complete" ] && exit 0

rm -rf "$target"
"${PYTHON:-python3}" -m venv "$target"
"$target/bin/python" -m pip install -q --disable-pip-version-check --prefer-binary \
    "homeassistant==$version" paho-mqtt==1.6.1 janus==1.0.0
touch "$target/complete"
