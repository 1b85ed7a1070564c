#!/bin/sh
# Installs lmsync @VERSION@ for this user, on Linux and macOS:
#
#   curl -fsSL @URL@/install.sh | sh
#
# It downloads the archive for this system, compares its SHA-256 with the one below, and puts the program and its manual
# page below ~/.local. It needs no root, and changes nothing else.
#
#   LMSYNC_INSTALL_DIR=DIR    puts the program into DIR instead of ~/.local/bin
#   LMSYNC_DOWNLOAD_URL=URL   takes the archive from URL, such as a mirror's
set -eu

version='@VERSION@'
url="${LMSYNC_DOWNLOAD_URL:-@URL@}"

# The SHA-256 of the archive for a target.
sum_of() {
    case "$1" in
        x86_64-unknown-linux-gnu) echo '@SUM_x86_64-unknown-linux-gnu@' ;;
        aarch64-unknown-linux-gnu) echo '@SUM_aarch64-unknown-linux-gnu@' ;;
        aarch64-apple-darwin) echo '@SUM_aarch64-apple-darwin@' ;;
        x86_64-apple-darwin) echo '@SUM_x86_64-apple-darwin@' ;;
    esac
}

fail() {
    echo "lmsync is not installed: $1" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# The target of this machine.
find_target() {
    system=$(uname -s)
    processor=$(uname -m)
    # A shell that Rosetta translates is told that it runs on an Intel processor.
    if [ "$system" = Darwin ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || true)" = 1 ]; then
        processor=arm64
    fi
    case "$system/$processor" in
        Linux/x86_64 | Linux/amd64) echo x86_64-unknown-linux-gnu ;;
        Linux/aarch64 | Linux/arm64) echo aarch64-unknown-linux-gnu ;;
        Darwin/arm64) echo aarch64-apple-darwin ;;
        Darwin/x86_64) echo x86_64-apple-darwin ;;
        *) fail "there is no archive for $system on $processor; \`cargo install\` may build it" ;;
    esac
}

download() {
    if has curl; then
        curl --fail --silent --show-error --location --output "$2" "$1" || fail "cannot download $1"
    elif has wget; then
        wget -q -O "$2" "$1" || fail "cannot download $1"
    else
        fail 'neither curl nor wget is installed'
    fi
}

sha256() {
    if has sha256sum; then
        sha256sum "$1"
    elif has shasum; then
        shasum -a 256 "$1"
    else
        fail 'neither sha256sum nor shasum is installed, so the download cannot be checked'
    fi
}

# The whole script is read before any of it runs, also where the download of it breaks off.
main() {
    [ -n "${HOME:-}" ] || fail 'HOME is not set'
    folder="${LMSYNC_INSTALL_DIR:-$HOME/.local/bin}"
    manual="$HOME/.local/share/man/man1"
    target=$(find_target)
    name="lmsync-$version-$target"

    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    trap 'exit 1' HUP INT TERM

    download "$url/$name.tar.gz" "$temporary/archive"
    found=$(sha256 "$temporary/archive")
    found=${found%% *}
    expected=$(sum_of "$target")
    [ "$found" = "$expected" ] ||
        fail "$url/$name.tar.gz has the SHA-256 $found, and should have $expected; nothing was changed"
    tar -xzf "$temporary/archive" -C "$temporary"

    # The new program takes the place of an old one in one step, also of one that runs, once it has run itself.
    mkdir -p "$folder" "$manual"
    cp "$temporary/$name/lmsync" "$folder/.lmsync.new"
    chmod 755 "$folder/.lmsync.new"
    if ! said=$("$folder/.lmsync.new" --version); then
        rm -f "$folder/.lmsync.new"
        fail "the program for $target does not run here; nothing was changed"
    fi
    mv -f "$folder/.lmsync.new" "$folder/lmsync"
    cp "$temporary/$name/lmsync.1" "$manual/lmsync.1"

    echo "$said is installed as $folder/lmsync"
    case ":$PATH:" in
        *":$folder:"*) ;;
        *) echo "$folder is not in your PATH: add it, or type the whole path" ;;
    esac
    echo 'Next: lmsync sync --dry-run shows what would change, and where.'
}

main
