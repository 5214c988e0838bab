#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Gets libsparse: in, a folder to build in; out, sparse's headers and libsparse.a there.
# The source is Debian's source package, version and checksum as below, fetched through a
# private apt state folder derived from the machine's own sources: nothing system-wide
# changes. SPARSE_SRC=DIR takes a source tree of the user's instead.
set -eu

version=0.6.4
sha256=bd98fd8a122ff79d38a81feb75ec728699101e80701f33f21180912c3c9e949c

die() {
	printf 'fetch-sparse: %s\n' "$*" >&2
	exit 2
}

[ $# = 1 ] || die "usage: fetch-sparse.sh FOLDER"
mkdir -p -- "$1"
folder=$(realpath -- "$1")
work=$(mktemp -d -- "$folder/fetching.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT TERM HUP

fetch() {
	command -v apt-get >/dev/null || die "no apt-get here: set SPARSE_SRC to the source of sparse $version"
	mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial"
	# deb822 files, and the older one-line lists
	for list in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"$work/sources/${list##*/}"
	done
	for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$list" ] || sed -n 's/^deb /deb-src /p' "$list" >"$work/sources/${list##*/}.list"
	done
	set -- -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/sources" \
		-o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=
	apt-get "$@" update >&2 || die "the lists of source packages cannot be fetched: check the network," \
		"or set SPARSE_SRC to the source of sparse $version"
	(cd "$work" && apt-get "$@" source --download-only sparse >&2) ||
		die "no source package of sparse: set SPARSE_SRC to the source of sparse $version"
	[ -f "$work/sparse_$version.orig.tar.gz" ] ||
		die "this machine's sources have another version of sparse than $version: set SPARSE_SRC to that version's source"
	printf '%s  %s\n' "$sha256" "$work/sparse_$version.orig.tar.gz" | sha256sum --check --quiet >&2 ||
		die "sparse_$version.orig.tar.gz: not the file that was expected: do not use it"
	tar -xzf "$work/sparse_$version.orig.tar.gz" -C "$work"
}

if [ -n "${SPARSE_SRC:-}" ]; then
	[ -f "$SPARSE_SRC/linearize.h" ] || die "$SPARSE_SRC: holds no source of sparse: name its top folder"
	cp -R -- "$SPARSE_SRC" "$work/sparse-$version"
else
	fetch
fi
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$work/sparse-$version" libsparse.a HAVE_LLVM=no HAVE_SQLITE=no \
	HAVE_LIBXML=no HAVE_GTK=no CFLAGS="${SPARSE_CFLAGS:--O2 -g}" >&2 || die "sparse does not build: see above"
# The time of the archive is what make looks at: it comes last.
cp -- "$work/sparse-$version"/*.h "$work/sparse-$version"/*.def "$folder"
cp -- "$work/sparse-$version/libsparse.a" "$folder/libsparse.a.new"
mv -f -- "$folder/libsparse.a.new" "$folder/libsparse.a"
