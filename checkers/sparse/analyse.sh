#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The sparse engine: in, a kernel tree and bindings.jsonl; out, sites-sparse.jsonl,
# and on stdout the architectures whose flags parsed something.
# x86_64 comes first; a file that does not parse so is tried with those that its
# Kconfig symbol depends on, then with the rest.
set -eu

here=$(dirname -- "$(readlink -f -- "$0")")
checker=${ATTACH_CHECK:-$here/../../build/attach-check}
all='x86_64 arm64 s390 powerpc arm'

die() {
	printf 'analyse: %s\n' "$*" >&2
	exit 2
}

tree='' bindings='' api=$here/../api.json cache='' out='' jobs=$(nproc) drivers='' build=''
while [ $# -gt 0 ]; do
	[ $# -gt 1 ] || die "$1: needs a value"
	case $1 in
	--tree) tree=$2 ;;
	--bindings) bindings=$2 ;;
	--api) api=$2 ;;
	--cache) cache=$2 ;;
	--out) out=$2 ;;
	--jobs) jobs=$2 ;;
	--drivers) drivers=$2 ;;
	--build) build=$2 ;; # configured already, for one architecture
	*) die "$1: no such option: --tree --bindings --cache --out, --api --jobs --drivers --build" ;;
	esac
	shift 2
done
for needed in "$tree" "$bindings" "$out"; do
	[ -n "$needed" ] || die "--tree, --bindings and --out are needed"
done
[ -n "$cache$build" ] || die "--cache or --build is needed"
[ -x "$checker" ] || die "$checker: not built: run make build/attach-check"

work=$(mktemp -d -- "$(dirname -- "$out")/analyse.XXXXXX") || die "$out: its folder cannot be written to"
child=
finish() {
	[ -z "$child" ] || kill -TERM "$child" 2>/dev/null || :
	rm -rf -- "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# Runs a command so that an interrupt ends it at once.
attend() {
	"$@" &
	child=$!
	status=0
	wait "$child" || status=$?
	child=
	return "$status"
}

# With the flags in the file: what was analysed before stays.
run() {
	set -- --flags "$1"
	[ -z "$drivers" ] || set -- "$@" --drivers "$drivers"
	[ ! -f "$work/sites" ] || set -- "$@" --previous "$work/sites"
	attend "$checker" --tree "$tree" --bindings "$bindings" --api "$api" --jobs "$jobs" --out "$work/new" "$@" || exit 2
	mv -f -- "$work/new" "$work/sites"
}

# Bound files that are not analysed, or not completely.
pending() {
	sed -n '/"k":"coverage"/{/"status":"analysed"/!s/.*"file":"\([^"]*\)".*/\1/p}' "$work/sites" | sort -u
}

if [ -n "$build" ]; then
	"$here/prepare.sh" --tree "$tree" --build "$build" --arch "${ARCH:-x86_64}" >"$work/flags" || exit 2
	run "$work/flags"
	mv -f -- "$work/sites" "$out"
	printf '%s\n' "${ARCH:-x86_64}"
	exit
fi

tried=' ' used='' failures=0
next=x86_64
while [ -n "$next" ]; do
	tried="$tried$next "
	if attend "$here/prepare.sh" --tree "$tree" --cache "$cache" --arch "$next" --jobs "$jobs" >"$work/prepared" 2>"$work/why"; then
		cat "$work/why" >&2
		run "$(cat "$work/prepared")/flags"
		used="$used${used:+ }$next"
	else
		[ "$status" -le 2 ] || exit "$status"
		cat "$work/why" >&2
		failures=$((failures + 1))
		grep -q sandbox "$work/why" && exit 2
	fi
	next=
	if [ ! -f "$work/sites" ]; then
		for arch in $all; do
			case $tried in *" $arch "*) ;; *) [ -n "$next" ] || next=$arch ;; esac
		done
		continue
	fi
	pending >"$work/pending"
	while read -r file; do
		[ -z "$next" ] || break
		for arch in $("$here/prepare.sh" --tree "$tree" --guess "$file"); do
			case $tried in *" $arch "*) ;; *) [ -n "$next" ] || next=$arch ;; esac
		done
	done <"$work/pending"
done
[ -f "$work/sites" ] || die "no architecture of $tree can be prepared: see above"
mv -f -- "$work/sites" "$out"
printf '%s\n' "$used"
