#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The sparse engine: in, a kernel tree and bindings.jsonl; out, sites-sparse.jsonl,
# and on stdout the architectures whose flags parsed something.
# x86_64 comes first; a file that does not parse so is tried with those that its
# Kconfig symbol depends on, then with the rest of those that the tree has.
# --flags DIR gets the flags of each, as DIR/1-ARCH, DIR/2-ARCH, ... in that order.
set -eu

here=$(dirname -- "$(readlink -f -- "$0")")
checker=$(readlink -f -- "${ATTACH_CHECK:-$here/../../build/attach-check}")
python=${PYTHON:-python3}
why=/dev/null

# What goes wrong is said in the file that --why names, too.
die() {
	printf 'analyse: %s\n' "$*" >&2
	printf '%s\n' "$*" >"$why"
	exit 2
}

tree='' bindings='' api=$here/../api.json contract=$here/../../contract.json cache='' out='' jobs=$(nproc) drivers='' build='' flags=''
while [ $# -gt 0 ]; do
	[ $# -gt 1 ] || die "$1: needs a value"
	case $1 in
	--tree) tree=$2 ;;
	--bindings) bindings=$2 ;;
	--api) api=$2 ;;
	--contract) contract=$2 ;;
	--cache) cache=$2 ;;
	--out) out=$2 ;;
	--jobs) jobs=$2 ;;
	--drivers) drivers=$2 ;;
	--build) build=$2 ;; # configured already, for one architecture
	--why) why=$2 ;;
	--flags) flags=$2 ;;
	*) die "$1: no such option: --tree --bindings --cache --out, --api --contract --jobs --drivers --build --why --flags" ;;
	esac
	shift 2
done
for needed in "$tree" "$bindings" "$out"; do
	[ -n "$needed" ] || die "--tree, --bindings and --out are needed"
done
[ -n "$cache$build" ] || die "--cache or --build is needed"
[ -x "$checker" ] || die "$checker: not built: run make build/attach-check"

out=$(realpath -m -- "$out")
[ -z "$cache" ] || cache=$(realpath -m -- "$cache")
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

# In the sandbox, with the flags in the file and the build that they name: what was analysed before stays.
# The checker writes a folder of its own, and what it leaves there is only taken as a plain file.
run() {
	rm -rf -- "$work/out"
	mkdir -- "$work/out"
	cp -- "$1" "$work/in/flags"
	see=$2
	set -- --flags "$work/in/flags"
	[ -z "$drivers" ] || set -- "$@" --drivers "$work/in/drivers"
	[ ! -f "$work/in/sites" ] || set -- "$@" --previous "$work/in/sites"
	attend "$python" -IB "$here/../../report/sandbox.py" --tree "$tree" --see "$checker" --see "$see" --see "$work/in" \
		--write "$work/out" -- "$checker" --tree "$tree" --bindings "$work/in/bindings" --api "$work/in/api" --contract "$work/in/contract" --jobs "$jobs" \
		--read "$work/out/read" --out "$work/out/sites" "$@" || exit 2
	for file in sites read; do
		{ [ -f "$work/out/$file" ] && [ ! -L "$work/out/$file" ]; } || die "$checker: has written no $file: report it"
	done
	mv -f -- "$work/out/sites" "$work/in/sites"
	cp -- "$work/in/sites" "$work/sites"
	cat "$work/out/read" >>"$work/read.all"
}

# Bound files that are not analysed, or not completely, or not surely.
pending() {
	sed -n '/"k":"coverage"/{/"doubt":false.*"status":"analysed"/!s/.*"file":"\([^"]*\)".*/\1/p}' "$work/sites" | sort -u
}

# What is still pending, for want of the architecture that comes first for it: says so, with the first error.
blame() {
	pending | while read -r file; do
		first=$("$here/prepare.sh" --tree "$tree" --guess "$file" | sed 's/ .*//')
		[ -f "$work/failed.$first" ] || continue
		error=$(tr -d '\000-\037' <"$work/failed.$first" | sed 's/[\\"]/\\&/g; s/[\\&|]/\\&/g')
		path=$(printf %s "$file" | sed 's/[][\\.*^$|]/\\&/g')
		sed "\\|\"file\":\"$path\",\"k\":\"coverage\"|{/\"status\":\"analysed\"/!s|\"why\":\".*\"}\$|\"why\":\"$error\"}|}" \
			"$work/sites" >"$work/new"
		mv -f -- "$work/new" "$work/sites"
	done
}

mkdir -- "$work/flags" "$work/in"
cp -- "$bindings" "$work/in/bindings"
cp -- "$api" "$work/in/api"
cp -- "$contract" "$work/in/contract"
[ -z "$drivers" ] || cp -- "$drivers" "$work/in/drivers"
hand_out_flags() {
	[ -z "$flags" ] || cp -R -- "$1" "$flags"
}

# Nothing but the flags of this architecture, which stand there, and the folder that they name.
run_alone() {
	run "$work/flags/1-$1" "$2"
	hand_out_flags "$work/flags"
	mv -f -- "$work/sites" "$out"
	printf '%s\n' "$1"
	exit
}

# A part of a tree cannot be configured: it is read as it stands, with its own headers and no CONFIG_ set.
if [ -z "$build" ] && [ ! -f "$tree/Kconfig" ]; then
	printf '%s\n' -nostdinc -D__KERNEL__ -std=gnu11 "-I$tree/include" "-I$tree/include/uapi" >"$work/flags/1-none"
	run_alone none "$tree"
fi

if [ -n "$build" ]; then
	"$here/prepare.sh" --tree "$tree" --build "$build" --arch "${ARCH:-x86_64}" --why "$why" \
		>"$work/flags/1-${ARCH:-x86_64}" || exit 2
	run_alone "${ARCH:-x86_64}" "$build"
fi

# ------------------------------------------------------- what did not change

# A digest of all that decides what comes out, of the files that the last analysis read as well.
digest() {
	{
		cat -- "$checker" "$api" "$contract" "$bindings" ${drivers:+"$drivers"}
		printf '%s\n' "$tree" "${LLVM:-}"
		cd "$tree" && find . -name 'Kconfig*' -printf '%p %s %T@\n' | sort
		tr '\n' '\0' <"$1" | xargs -0 -r stat -c '%n %s %.Y' -- 2>&1
	} | sha256sum
}

kept=$cache/analysed-$(printf '%s' "$tree" | sha256sum | cut -c 1-16)
if [ -d "$kept/flags" ] && [ -f "$kept/digest" ] && [ "$(digest "$kept/read")" = "$(cat "$kept/digest")" ]; then
	cp -- "$kept/sites" "$out"
	hand_out_flags "$kept/flags"
	cat "$kept/used"
	exit
fi

# What was written to since this run began is not remembered.
# shellcheck disable=SC2016  # the inner shell expands it
remember() {
	sort -u "$work/read.all" >"$work/read"
	[ -z "$(cd "$tree" && tr '\n' '\0' <"$work/read" |
		xargs -0 -r sh -c 'find "$@" -maxdepth 0 -newer "$0"' "$work/began" 2>&1 | head -n 1)" ] || return 0
	digest "$work/read" >"$work/digest"
	mkdir -p -- "$work/kept"
	mv -- "$work/read" "$work/digest" "$work/sites" "$work/used" "$work/flags" "$work/kept"
	rm -rf -- "$kept"
	mv -T -- "$work/kept" "$kept" 2>/dev/null || :
}

touch "$work/began"
tried=' '
all=$("$here/prepare.sh" --tree "$tree" --guess any.c)
next=${all%% *}
[ -n "$next" ] || die "$tree/arch: holds none of x86_64, arm64, s390, powerpc, arm: take a whole kernel tree"
while [ -n "$next" ]; do
	tried="$tried$next "
	if attend "$here/prepare.sh" --tree "$tree" --cache "$cache" --arch "$next" --jobs "$jobs" \
		--why "$work/failed.$next" >"$work/prepared"; then
		run "$(cat "$work/prepared")/flags" "$(cat "$work/prepared")"
		printf '%s\n' "$next" >>"$work/used"
		cp -- "$(cat "$work/prepared")/flags" "$work/flags/$(wc -l <"$work/used")-$next"
	else
		cat "$work/failed.$next" >>"$why"
		[ "$status" = 2 ] || exit 2
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
[ -f "$work/sites" ] || exit 2 # no architecture could be prepared: the last one's error is said
blame
cp -- "$work/sites" "$out"
hand_out_flags "$work/flags"
cat "$work/used"
for arch in $all; do
	[ ! -f "$work/failed.$arch" ] || exit 0 # it may do better the next time
done
remember
