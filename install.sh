#!/bin/sh
# Installs faascmd and reg_rw for one user, without root:
#
#   sh install.sh ARCHIVE|URL [--sha256 SUM] [--prefix DIR]     a .tar.gz of scripts/package; default DIR: ~/.local
#   sh install.sh --undo [--prefix DIR]                         removes what it put there, and nothing else
#
# The archive's SHA-256 is that given, or the one in SHA256SUMS beside it; without one nothing is installed.
set -eu
umask 022

say() { printf '%s\n' "install: $*"; }
fail() { printf '%s\n' "install: error: $*" >&2; exit 1; }

fetch() { # URL FILE
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --output "$2" "$1"
    elif command -v wget >/dev/null; then
        wget --quiet --output-document="$2" "$1"
    else
        fail "$1 can't be fetched: there is neither curl nor wget"
    fi
}

undo() {
    [ -f "$list" ] || fail "nothing of this script is in $prefix (there is no $list)"
    while IFS= read -r file; do
        rm -f "$prefix/$file"
    done < "$list"
    # Folders that this leaves empty; others stay.
    sed 's|/[^/]*$||' "$list" | sort -ru | while IFS= read -r folder; do
        (cd "$prefix" && rmdir -p "$folder" 2>/dev/null) || true
    done
    rm -f "$list"
    rmdir "$(dirname "$list")" 2>/dev/null || true
    say "removed faascmd from $prefix"
}

sum_of() { # FILE
    sha256sum "$1" | cut -d ' ' -f 1
}

# The sum that the archive must have.
expected() {
    if [ -n "$sum" ]; then
        printf '%s\n' "$sum"
        return
    fi
    case $source in
        *://*) fetch "${source%/*}/SHA256SUMS" "$work/SHA256SUMS" || fail "no --sha256, and no SHA256SUMS beside $source" ;;
        *) cp "$(dirname "$source")/SHA256SUMS" "$work/SHA256SUMS" 2>/dev/null ||
            fail "no --sha256, and no SHA256SUMS beside $source" ;;
    esac
    awk -v name="${source##*/}" '$2 == name || $2 == "*" name { print $1 }' "$work/SHA256SUMS"
}

install() {
    case $source in
        *://*) fetch "$source" "$work/archive" || fail "$source can't be fetched" ;;
        *) [ -f "$source" ] || fail "there is no $source"; cp "$source" "$work/archive" ;;
    esac
    wanted=$(expected) || exit 1
    [ -n "$wanted" ] || fail "SHA256SUMS does not name ${source##*/}"
    found=$(sum_of "$work/archive")
    [ "$found" = "$wanted" ] || fail "${source##*/} has the SHA-256 $found, not $wanted; nothing was installed"
    mkdir "$work/files"
    tar -xzf "$work/archive" -C "$work/files" --strip-components=1 || fail "${source##*/} is no archive of faascmd"
    [ -x "$work/files/bin/faascmd" ] || fail "${source##*/} holds no bin/faascmd"
    said=$("$work/files/bin/faascmd" --version 2>&1) || fail "it does not run on this machine: $said"
    if [ -f "$list" ]; then undo >/dev/null; fi
    (cd "$work/files" && find . -type f | sed 's|^\./||' | sort) > "$work/list"
    mkdir -p "$(dirname "$list")"
    cp "$work/list" "$list"
    # A program that runs is replaced by its name, not written over.
    while IFS= read -r file; do
        mkdir -p "$prefix/$(dirname "$file")"
        cp "$work/files/$file" "$prefix/$file.new$$"
        mv -f "$prefix/$file.new$$" "$prefix/$file"
    done < "$work/list"
    say "$said is in $prefix/bin: faascmd, reg_rw"
    say "man pages, completions and documents are in $prefix/share; the list of files is $list"
    case :$PATH: in
        *:"$prefix/bin":*) ;;
        *) say "$prefix/bin is not on PATH: add  export PATH=\"$prefix/bin:\$PATH\"  to your shell's profile" ;;
    esac
    say "to undo it: sh install.sh --undo$([ "$prefix" = "${HOME:-}/.local" ] || printf ' --prefix %s' "$prefix")"
}

source='' sum='' undo='' prefix=''
while [ $# -gt 0 ]; do
    case $1 in
        --undo) undo=1 ;;
        --sha256 | --prefix)
            [ $# -gt 1 ] || fail "$1 needs a value"
            if [ "$1" = --prefix ]; then prefix=$2; else sum=$2; fi
            shift
            ;;
        -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        -*) fail "there is no option $1" ;;
        *) [ -z "$source" ] || fail "one archive at a time"; source=$1 ;;
    esac
    shift
done
if [ -z "$prefix" ]; then
    [ -n "${HOME:-}" ] || fail "there is no HOME: name a folder by --prefix DIR"
    prefix=$HOME/.local
fi
list=$prefix/share/faascmd/installed
if [ -n "$undo" ]; then
    undo
    exit
fi
[ -n "$source" ] || fail "name an archive or its URL (sh install.sh --help)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
install
