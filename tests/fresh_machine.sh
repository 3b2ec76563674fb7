#!/bin/sh
# Proves that the make targets do all of their set-up on a fresh machine.
#
# Usage, as root on a Linux machine with debootstrap:  tests/fresh_machine.sh [TARGET ...]
# Without targets: tools, tools again (nothing to do), test.
#
# It makes a Debian 12 with git, make, python3 and ca-certificates, nothing else, in a temporary folder (1 GB, and
# what the targets need); copies this work tree into the home of a plain user there; and runs each target as that
# user, in namespaces of its own: when the script ends, however it ends, its processes and mounts are gone.
#
# What this machine needs to reach its package registries comes along: resolv.conf, the certificate authorities, and
# the environment variables named in PASS below, if they are set.
#
#   FRESH_MIRROR   where debootstrap gets Debian from (default: its own choice)
#   FRESH_ROOT     the folder to use; it is kept, so that a second run starts with what the first has installed
#
# At the end it prints the time of each target, and the most that Groundwork's home and the whole of the user's home
# took on the disk, by which the numbers in groundwork/sandbox/tools/definitions.py are checked.
set -eu

PASS="PIP_INDEX_URL PIP_CERT UV_DEFAULT_INDEX UV_INDEX_URL SSL_CERT_FILE http_proxy https_proxy no_proxy
HTTP_PROXY HTTPS_PROXY NO_PROXY GOPROXY GOSUMDB GONOSUMDB GOPRIVATE CI PYTEST_ADDOPTS"
USER_HOME=/home/engineer
CHECKOUT=$USER_HOME/groundwork
ENTER="unshare --mount --pid --fork --kill-child"

repository=$(cd "$(dirname "$0")/.." && pwd)
[ "$(id -u)" = 0 ] || { echo "Run it as root: debootstrap and chroot need it." >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "debootstrap is missing: apt-get install debootstrap" >&2; exit 2; }
[ $# -gt 0 ] || set -- tools tools test

root=${FRESH_ROOT:-$(mktemp -d)}
mkdir -p "$root"
sampler=""
# shellcheck disable=SC2317 # called by the trap
clean_up() {
    [ -z "$sampler" ] || kill "$sampler" 2>/dev/null || true
    [ -n "${FRESH_ROOT:-}" ] || rm -rf --one-file-system "$root"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

if [ ! -e "$root/etc/debian_version" ]; then
    echo "== making a Debian 12 in $root"
    # shellcheck disable=SC2086 # no mirror is no argument
    debootstrap --variant=minbase --include=git,make,python3,ca-certificates bookworm "$root" ${FRESH_MIRROR:-} >&2
fi
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
chroot "$root" id engineer >/dev/null 2>&1 || chroot "$root" useradd --create-home --shell /bin/sh engineer

echo "== copying the work tree"
rm -rf "$root$CHECKOUT"
mkdir -p "$root$CHECKOUT"
(cd "$repository" && git ls-files --cached --others --exclude-standard -z \
    | tar --create --null --files-from=- --ignore-failed-read) | tar --extract --directory="$root$CHECKOUT"

set_variables="HOME=$USER_HOME USER=engineer LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin"
for name in $PASS; do
    eval "value=\${$name:-}"
    [ -z "$value" ] || set_variables="$set_variables $name=$value"
done

# Runs a script as the user, in a process namespace that ends with it, and with mounts that nobody else sees.
# shellcheck disable=SC2016,SC2086 # the inner shell expands its own; each variable is a word
as_engineer() {
    $ENTER sh -eu -c '
        root=$1; shift
        mount -t proc proc "$root/proc"
        mount --bind /dev "$root/dev"
        exec chroot --userspec=engineer "$root" /usr/bin/env -i "$@"
    ' sh "$root" $set_variables sh -eu -c "$@"
}

chroot "$root" chown -R engineer: "$CHECKOUT"
as_engineer "cd $CHECKOUT && git init -q && git add -A \
    && git -c user.name=engineer -c user.email=engineer@example.org commit -q -m 'the work tree'"

peak="$root/peak"
echo "0 0" > "$peak"
while sleep 5; do
    own=$(du -sm "$root$USER_HOME/.cache/groundwork" 2>/dev/null | cut -f1)
    all=$(du -sm "$root$USER_HOME" 2>/dev/null | cut -f1)
    read -r own_before all_before < "$peak"
    [ "${own:-0}" -gt "$own_before" ] || own=$own_before
    [ "${all:-0}" -gt "$all_before" ] || all=$all_before
    echo "$own $all" > "$peak"
done &
sampler=$!

# All targets in one namespace, as on a machine: what one leaves running, the next finds.
failed=0
# shellcheck disable=SC2016 # the inner shell expands its own
as_engineer '
    cd "$1"; shift
    failed=0
    : > "$HOME/summary"
    for target in "$@"; do
        echo "== make $target"
        began=$(date +%s)
        if make "$target"; then result=passed; else result=FAILED failed=1; fi
        echo "make $target: $result after $(($(date +%s) - began)) s" >> "$HOME/summary"
    done
    exit $failed
' sh "$CHECKOUT" "$@" || failed=1

read -r own all < "$peak"
stays=$(du -sm "$root$USER_HOME/.cache/groundwork" | cut -f1)
echo "== result
$(cat "$root$USER_HOME/summary")
Groundwork's home: at most $own MB, at the end $stays MB; the user's home: at most $all MB"
exit $failed
