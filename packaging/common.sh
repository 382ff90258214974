# shellcheck shell=bash disable=SC2034 # Whoever sources this uses what is set here.
# What the packages have in common. Sourced by deb/build, rpm/build and release, in the folder of the project.
#
# The same program gives the same packages, byte for byte: every file has the time of the last commit, lists are sorted,
# and what compresses does so in one thread.

VERSION=$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
MAINTAINER=${QUIBBLE_MAINTAINER:-Quibble maintainers <maintainers@quibble.invalid>}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

# What the command line may say otherwise.
PROGRAM=target/dist/quibble
INTO=target/packages
LEVEL=6
REVISION=1

usage() {
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
}

# Reads the command line, which is the same everywhere. Paths in it begin where the caller was, FROM.
read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --binary) PROGRAM=$(from_caller "${2:?--binary FILE}") && shift ;;
      --revision) REVISION=${2:?--revision NUMBER} && shift ;;
      --level) LEVEL=${2:?--level 0 to 9} && shift ;;
      --help | -h) usage && exit 0 ;;
      -*) echo "there is no option $1" >&2 && usage >&2 && exit 2 ;;
      *) INTO=$(from_caller "$1") ;;
    esac
    shift
  done
}

from_caller() {
  case $1 in
    /*) echo "$1" ;;
    *) echo "$FROM/$1" ;;
  esac
}

# name-of-command package
want() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "missing: the command $1 (Debian's package $2)" >&2
  exit 1
}

# The program, made if it is the usual one and not there, and sure to be of this version.
have_program() {
  if [ ! -e "$PROGRAM" ] && [ "$PROGRAM" = target/dist/quibble ]; then
    cargo build --profile dist --locked
  fi
  local said
  said=$("$PROGRAM" version)
  [ "$said" = "quibble $VERSION" ] || { echo "$PROGRAM is $said, and the sources are $VERSION" >&2 && exit 1; }
}

# Puts the files that every package has, at the places that Linux systems share, into this folder.
stage() {
  local root=$1 man=$1/usr/share/man/man1
  install -D -m 755 "$PROGRAM" "$root/usr/bin/quibble"
  strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/quibble"
  for unit in systemd/*; do
    install -D -m 644 "$unit" "$root/usr/lib/systemd/system/${unit##*/}"
  done
  install -D -m 644 packaging/quibble.sysusers "$root/usr/lib/sysusers.d/quibble.conf"
  install -D -m 644 packaging/quibble.tmpfiles "$root/usr/lib/tmpfiles.d/quibble.conf"
  install -D -m 644 packaging/quibble.toml "$root/etc/quibble/quibble.toml"
  install -D -m 644 packaging/quibble.default "$root/etc/default/quibble"
  install -d "$root/usr/share/bash-completion/completions" "$root/usr/share/fish/vendor_completions.d" "$man"
  "$PROGRAM" completions bash >"$root/usr/share/bash-completion/completions/quibble"
  "$PROGRAM" completions fish >"$root/usr/share/fish/vendor_completions.d/quibble.fish"
  "$PROGRAM" man --into "$man"
  gzip -9n "$man"/*
}

# Gives everything below this folder the time of the last commit.
settle() {
  find "$1" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
}
