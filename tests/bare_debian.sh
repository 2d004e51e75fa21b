#!/usr/bin/env bash
# Cooee on a minimal Debian, as a newcomer has it: tests/bare_debian.sh [root] [user] [wheel] [test] [bench]
#   root   make demo as root without sudo            user   make demo as an ordinary user with sudo
#   wheel  pip wheel, installed into an empty venv   test   the whole make test        bench  make bench
# Without a word: root, user and wheel. Each runs in a copy of its own of a Debian that debootstrap makes once, in a
# chroot with a clean environment. Mounts and processes live in namespaces of their own, so they end with the script,
# however it ends. Where packages come from (mirror, apt, pip, proxy, certificates) is taken from this machine.
set -euo pipefail

checkout=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cooee
template=$cache/bare-debian
PATH=$PATH:/usr/sbin:/sbin
NETWORK=(http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY GOPROXY GOSUMDB GONOSUMDB)

fail() { echo "bare Debian: $*" >&2; exit 1; }

become_root() {
    local name settings=("HOME=$HOME" "XDG_CACHE_HOME=${XDG_CACHE_HOME:-}")
    [ "$(id -u)" != 0 ] || return 0
    command -v sudo >/dev/null || fail "this needs root, for chroot and mounts, and there is no sudo here"
    for name in "${NETWORK[@]}" "${!PIP_@}"; do [ -z "${!name:-}" ] || settings+=("$name=${!name}"); done
    exec sudo env "${settings[@]}" "$0" "$@"
}

need_namespaces() {
    unshare --mount --pid --fork --kill-child mount -t tmpfs none /mnt 2>/dev/null ||
        fail "this machine does not let root mount in a namespace of its own (unshare --mount --pid)"
    command -v debootstrap >/dev/null || {
        command -v apt-get >/dev/null || fail "debootstrap is not installed, and there is no apt-get here to install it"
        echo "Installing debootstrap"
        { apt-get -qq update && env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y debootstrap; } >/dev/null ||
            fail "apt-get cannot install debootstrap"
    }
}

repositories() {  # lines "URI SUITE COMPONENT" of this machine's Debian 12
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' |
        grep -E ' bookworm(-updates|-security)? main$' | sort -u
}

make_template() (  # a subshell, which holds the lock as long as it runs
    exec 9>"$cache/bare-debian.lock"
    flock 9
    [ ! -d "$template" ] || exit 0
    mirror=$(repositories | awk '$2 == "bookworm" && !found++ { print $1 }') && [ -n "$mirror" ] ||
        fail "this machine's apt knows no mirror of Debian bookworm"
    echo "Making a minimal Debian, once (some minutes): $template"
    rm -rf "$template.part"
    unshare --mount --pid --fork --kill-child debootstrap --variant=minbase \
        --include=git,python3,make,ca-certificates bookworm "$template.part" "$mirror" >"$cache/bare-debian.log" 2>&1 ||
        fail "debootstrap failed: $(tail -n 1 "$cache/bare-debian.log") (all of it: $cache/bare-debian.log)"
    mv "$template.part" "$template"
)

pip_settings() {  # ROOT: this machine's pip settings that say where packages come from, and the files that they name
    python3 - "$1" <<'PYTHON'
import configparser, os, shutil, sys
from pathlib import Path

root, home = Path(sys.argv[1]), Path.home()
wanted = ("index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "cert", "client-cert", "proxy")
files = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
settings = {}
for file in [*files, os.environ.get("PIP_CONFIG_FILE", os.devnull)]:
    parser = configparser.RawConfigParser()
    parser.read(file)
    settings |= dict(parser["global"]) if parser.has_section("global") else {}
settings |= {k[4:].lower().replace("_", "-"): v for k, v in os.environ.items() if k.startswith("PIP_")}
settings = {key: value for key, value in settings.items() if key in wanted}
(root / "etc/pip.conf").write_text("".join(["[global]\n", *(f"{k} = {v}\n" for k, v in settings.items())]))
for path in (Path(word) for value in settings.values() for word in value.split() if word.startswith("/")):
    copy = root / str(path).lstrip("/")
    if path.is_dir():
        shutil.copytree(path, copy, dirs_exist_ok=True)
    elif path.is_file():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
PYTHON
}

new_machine() {  # sets $machine: a copy of the template with this machine's settings, and the checkout in every home
    local home
    machine=$(mktemp -d "$template.XXXXXX")
    cp -a --reflink=auto "$template/." "$machine"
    repositories | sed 's/^/deb /' >"$machine/etc/apt/sources.list"
    apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' >"$machine/etc/apt/apt.conf.d/90machine"
    echo force-unsafe-io >"$machine/etc/dpkg/dpkg.cfg.d/quick"  # nothing here need survive a power cut
    cp -a /etc/apt/auth.conf /etc/apt/auth.conf.d "$machine/etc/apt/" 2>/dev/null || true
    cp -L /etc/resolv.conf "$machine/etc/resolv.conf"
    cp -L /etc/ssl/certs/ca-certificates.crt "$machine/etc/ssl/certs/"
    pip_settings "$machine"
    rm -f "$machine/etc/hosts"  # nothing of ours may need the name localhost
    chroot "$machine" useradd --create-home --shell /bin/bash newcomer
    for home in root home/newcomer; do git clone -q --no-hardlinks "$checkout" "$machine/$home/cooee"; done
    chroot "$machine" chown -R newcomer: /home/newcomer
}

inside() {  # USER COMMAND: runs a shell command in the checkout of a user of the machine
    local user=$1 home=/root name status=0 settings=()
    [ "$user" = root ] || home=/home/$user
    for name in "${NETWORK[@]}"; do [ -z "${!name:-}" ] || settings+=("$name=${!name}"); done
    set -m  # a process group of its own: Ctrl-C reaches this script, which ends the rest
    unshare --mount --pid --fork --kill-child bash -c '
        machine=$1 user=$2; shift 2
        mount --rbind /dev "$machine/dev" && mount -t proc proc "$machine/proc" || exit
        chroot --userspec="$user" --groups= "$machine" "$@"
        exit' bash "$machine" "$user" \
        /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$home" USER="$user" \
        LOGNAME="$user" "${settings[@]}" bash -euo pipefail -c "cd ~/cooee; $2" &
    child=$!
    set +m
    wait "$child" || status=$?
    child=''
    return $status
}

DEMO='make demo ARGS="--headless --days 20"'

do_root() { inside root "if command -v sudo; then exit 1; fi; $DEMO"; }

do_user() {
    inside root 'apt-get -qq update && apt-get -qq install -y --no-install-recommends sudo >/dev/null
        echo "newcomer ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/newcomer' &&
        inside newcomer "$DEMO"
}

do_wheel() {
    inside root 'make run-tools' && inside newcomer 'bash tests/installed_wheel.sh'
}

do_test() {
    local server
    mkdir -p "$machine/root/.cache/cooee"
    for server in "$cache"/influxd-*; do
        [ ! -x "$server" ] || { cp "$server" "$machine/root/.cache/cooee/"; echo "Taken from this machine: $server"; }
    done
    inside root 'CI=true make test'
}

do_bench() { inside root 'make bench'; }

end() {  # the processes, with them their mounts, and the copy
    [ -z "$child" ] || { kill -KILL "$child" && wait "$child"; } 2>/dev/null || true
    [ -z "$machine" ] || rm -rf --one-file-system "$machine"
    child='' machine=''
}

try() {  # STEP: on a machine of its own
    local began=$SECONDS
    new_machine
    echo "== $1"
    if "do_$1"; then
        passed=$((passed + 1)); echo "== $1 passed, $((SECONDS - began)) s"
    else
        failed=$((failed + 1)); echo "== $1 FAILED, $((SECONDS - began)) s"
    fi
    end
}

main() {
    passed=0 failed=0 child='' machine=''
    become_root "$@"
    [ $# -gt 0 ] || set -- root user wheel
    for step; do declare -F "do_$step" >/dev/null || fail "$step is none of root, user, wheel, test, bench"; done
    need_namespaces
    mkdir -p "$cache"
    make_template
    [ -z "$(git -C "$checkout" status --porcelain)" ] || echo "What is not committed in $checkout is not tried"
    trap end EXIT
    trap 'exit 130' INT TERM
    for step; do try "$step"; done
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

main "$@"; exit  # one line, so that bash has read it all before it begins
