#!/usr/bin/env bash
# Debian's Arduino core for AVR boards, for the tests, once, into the user's cache folder: the package alone, whose dependencies
# (an editor, Java) nobody needs. Seconds, 1 MB.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/cooee
target=$cache/arduino-core-avr

mkdir -p "$cache"
exec 9>"$target.lock"
flock 9
[ ! -e "$target/complete" ] || exit 0
command -v apt-get >/dev/null || { echo "arduino-core-avr: there is no apt-get here to fetch it" >&2; exit 1; }
echo "arduino-core-avr: unpacking once into $target" >&2
rm -rf "$target"
mkdir "$target"
cd "$target"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download arduino-core-avr || { echo "arduino-core-avr: apt-get cannot fetch it" >&2; exit 1; }
dpkg -x arduino-core-avr_*.deb .
rm arduino-core-avr_*.deb
touch complete
