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
        MINGW* | MSYS* | CYGWIN*) fail "on Windows, PowerShell installs it: irm $url/install.ps1 | iex" ;;
        *) fail "there is no archive for $system on $processor; \`cargo install\` may build it" ;;
    esac
}

download() {
    if has curl; then
        # Its output goes through the shell: a confined curl, such as snap's, cannot write to /tmp.
        curl --fail --silent --show-error --location "$1" >"$2" || fail "cannot download $1"
    elif has wget; then
        wget -q -O - "$1" >"$2" || fail "cannot download $1"
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

# The folder that the program goes into. Root has a home of its own, in which no other user finds the program.
find_folder() {
    folder="${LMSYNC_INSTALL_DIR:-}"
    if [ -z "$folder" ]; then
        [ "$(id -u)" != 0 ] || [ -z "${SUDO_USER:-}" ] ||
            fail 'run it without sudo; or, for all users, pipe it to: sudo env LMSYNC_INSTALL_DIR=/usr/local/bin sh'
        [ -n "${HOME:-}" ] || fail 'HOME is not set'
        folder="$HOME/.local/bin"
    fi
    case "$folder" in
        /*) echo "${folder%/}" ;;
        *) echo "$(pwd)/${folder%/}" ;;
    esac
}

# The whole script is read before any of it runs, also where the download of it breaks off.
main() {
    folder=$(find_folder)
    target=$(find_target)
    name="lmsync-$version-$target"
    [ ! -d "$folder/lmsync" ] || fail "$folder/lmsync is a folder: set LMSYNC_INSTALL_DIR to another place"

    temporary=$(mktemp -d)
    new=''
    trap 'rm -rf "$temporary" "$new"' EXIT
    trap 'exit 1' HUP INT TERM

    download "$url/$name.tar.gz" "$temporary/archive"
    found=$(sha256 "$temporary/archive")
    found=${found%% *}
    expected=$(sum_of "$target")
    [ "$found" = "$expected" ] ||
        fail "$url/$name.tar.gz has the SHA-256 $found, and should have $expected; nothing was changed"
    tar -xzf "$temporary/archive" -C "$temporary" || fail 'the archive cannot be unpacked; nothing was changed'

    # The new program takes the place of an old one in one step, also of one that runs, once it has run itself.
    { mkdir -p "$folder" && new=$(mktemp "$folder/.lmsync.XXXXXX") &&
        cp "$temporary/$name/lmsync" "$new" && chmod 755 "$new"; } ||
        fail "$folder cannot be written to; no program was changed"
    said=$("$new" --version) || fail "the program for $target does not run here; no program was changed"
    updates=no
    [ ! -e "$folder/lmsync" ] || updates=yes
    mv -f "$new" "$folder/lmsync"

    # man looks beside each bin of PATH.
    case "$folder" in
        */bin) manual="${folder%/bin}/share/man/man1" ;;
        *) manual="${HOME:-$folder}/.local/share/man/man1" ;;
    esac
    { mkdir -p "$manual" && cp "$temporary/$name/lmsync.1" "$manual/lmsync.1" && chmod 644 "$manual/lmsync.1"; } ||
        echo "$manual cannot be written to, so the manual page is not installed" >&2

    echo "$said is installed as $folder/lmsync"
    [ "$updates" = no ] ||
        echo "What runs already goes on as the old version; \`lmsync service install\` restarts the service."
    command=lmsync
    first=$(command -v lmsync || true)
    case ":$PATH:" in
        *":$folder:"* | *":$folder/:"*)
            [ "$first" -ef "$folder/lmsync" ] || echo "Another lmsync comes before it in your PATH: $first" ;;
        *)
            command="$folder/lmsync"
            echo "$folder is not in your PATH; in your shell's profile, this adds it: export PATH=\"$folder:\$PATH\"" ;;
    esac
    echo "Next: $command sync --dry-run shows what would change, and where."
}

main
