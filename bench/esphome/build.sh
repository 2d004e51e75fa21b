#!/usr/bin/env bash
# ESPHome for the tests, once, into an environment of its own in the user's cache folder: it wants other versions of packages than
# we do. One to two minutes, 250 MB. With it comes PlatformIO.
set -euo pipefail

version=2026.6.5
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cooee
target=$cache/esphome-$version

mkdir -p "$cache"
exec 9>"$target.lock"
flock 9
[ ! -e "$target/complete" ] || exit 0
echo "esphome $version: installing once into $target" >&2
rm -rf "$target"
"${PYTHON:-python3}" -m venv "$target"
"$target/bin/pip" install -q --disable-pip-version-check "esphome==$version" || { echo "esphome $version: pip cannot install it" >&2; exit 1; }
touch "$target/complete"
