#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Prepares a kernel tree for parsing: in, a tree and an architecture; out, on
# stdout, a cached folder that holds the configured build (`build/`), the flags
# a C file is parsed with, one a line (`flags`), and make's output (`log`).
set -eu

usage() {
	cat <<EOT
usage: prepare.sh --tree DIR --cache DIR --arch ARCH [--jobs N] [--build DIR] [--why FILE]
       prepare.sh --tree DIR --guess FILE
       prepare.sh --tree DIR --probe

Runs make allmodconfig prepare0 with LLVM for one architecture, outside the tree, in the sandbox of
report/sandbox.py, which sees the tree and may write the build folder alone. --build takes a build
folder that exists already. --guess prints the architectures that may parse FILE, likely ones first.
--probe tells whether a tree like this can be prepared on this machine. FILE gets what goes wrong, too.

LLVM=-19 names the suffix of clang, ld.lld and llvm-ar; SANDBOX=no goes on without a sandbox.
Exit status: 0 prepared; 2 not, the first error is on stderr; 3 this machine can prepare nothing.
EOT
}

here=$(dirname -- "$(readlink -f -- "$0")")
python=${PYTHON:-python3}
why=/dev/null

die() {
	printf 'prepare: %s\n' "$*" >&2
	printf '%s\n' "$*" >"$why"
	exit "${failure:-2}"
}

tree='' cache='' arch='' jobs=$(nproc) given='' guess='' probe=''
while [ $# -gt 0 ]; do
	case $1 in
	--help) usage && exit 0 ;;
	--probe)
		probe=yes
		shift
		continue
		;;
	--tree | --cache | --arch | --jobs | --build | --guess | --why) [ $# -gt 1 ] || die "$1: needs a value: see --help" ;;
	*) die "$1: no such option: see --help" ;;
	esac
	case $1 in
	--tree) tree=$2 ;;
	--cache) cache=$2 ;;
	--arch) arch=$2 ;;
	--jobs) jobs=$2 ;;
	--build) given=$2 ;;
	--guess) guess=$2 ;;
	--why) why=$2 ;;
	esac
	shift 2
done
{ [ -f "$tree/Makefile" ] && [ -d "$tree/arch" ]; } || die "${tree:-tree}: no kernel tree: it needs a Makefile and arch/"
tree=$(realpath -- "$tree")
llvm=${LLVM:--19}

# ------------------------------------------------------- which architecture

# Those that define a Kconfig symbol which the file's own symbol depends on come
# first; then x86_64, which parses most, and the rest. Trying decides.
guess_arches() {
	folder=$(dirname -- "$1")
	object=$(basename -- "$1" .c).o
	config=$(sed -n "s/^obj-\$(CONFIG_\([A-Z0-9_]*\)).*[[:space:]]$object\([[:space:]].*\)*\$/\1/p" \
		"$tree/$folder/Makefile" 2>/dev/null | head -n 1)
	named=
	if [ -n "$config" ]; then
		words=$(find "$tree/$folder" -maxdepth 2 -name 'Kconfig*' -exec sed -n \
			"/^config $config\$/,/^config [A-Z]/{/^config $config\$/p;s/^[[:space:]]*depends on//p}" {} + |
			tr -cs 'A-Z0-9_' '\n' | sort -u)
		for word in $words; do
			case $word in ? | "" | "$config") continue ;; esac
			for kconfig in "$tree"/arch/*/Kconfig; do
				! grep -qx "config $word" "$kconfig" || {
					name=${kconfig%/Kconfig}
					named="$named ${name##*/}"
				}
			done
		done
	fi
	named=$(printf %s "$named" | sed 's/\<x86\>/x86_64/g')
	# A file below arch/ is that architecture's.
	case $1 in
	arch/*) name=${1#arch/} named="${name%%/*} $named" ;;
	esac
	for name in $named x86_64 arm64 s390 powerpc arm; do
		case $name in
		x86_64) [ ! -d "$tree/arch/x86" ] || echo x86_64 ;;
		arm64 | s390 | powerpc | arm) [ ! -d "$tree/arch/$name" ] || echo "$name" ;;
		esac
	done | awk '!seen[$0]++' | tr '\n' ' '
}

if [ -n "$guess" ]; then
	guess_arches "$guess"
	echo
	exit
fi

case $tree$cache$given in
*[[:space:]]* | *:*) die "$tree, ${cache:-$given}: make takes no blank or colon in a path: move the tree, or set XDG_CACHE_HOME" ;;
esac
[ -f "$tree/Kconfig" ] || die "$tree: no Kconfig: a part of a kernel tree cannot be configured"

# ------------------------------------------------------------ this machine

tools="make clang$llvm ld.lld$llvm llvm-ar$llvm flex bison bc"

# Runs a command in the sandbox: its build folder may be written, the script's own files may not be seen.
sandbox() {
	set -- --tree "$tree" "$@"
	for tool in $tools; do
		tool=$(command -v "$tool") || continue
		set -- --tool "$tool" "$@"
	done
	exec "$python" -IB "$here/../../report/sandbox.py" "$@"
}

need_tools() {
	failure=3
	for tool in $tools; do
		command -v "$tool" >/dev/null || die "$tool: not found: install it with: apt-get install" \
			"make clang-19 lld-19 llvm-19 flex bison bc libssl-dev libelf-dev, or set LLVM to another suffix"
	done
	failure=
}

need_sandbox() {
	failure=3
	"$python" -IB "$here/../../report/sandbox.py" --probe 2>/dev/null ||
		die "no sandbox can be had: preparing runs the tree's own Makefiles: install bubblewrap 0.8 or later where" \
			"namespaces are allowed, or set SANDBOX=no where you trust $tree"
	failure=
}

if [ -n "$probe" ]; then
	[ -n "$given" ] || need_tools
	need_sandbox
	exit
fi

# ------------------------------------------------------------------- the cache

if [ -n "$given" ]; then
	[ -d "$given" ] || die "$given: no such folder: name a build that make O= has made"
	given=$(realpath -- "$given")
fi
[ -n "$arch" ] || die "--arch: is needed: see --help"
source_arch=$arch
[ "$arch" != x86_64 ] || source_arch=x86
[ -d "$tree/arch/$source_arch" ] || die "$arch: no such architecture in $tree"

if [ -z "$given" ]; then
	[ -n "$cache" ] || die "--cache: is needed: see --help"
	need_tools
	# What configuring and prepare0 read: build files, the architecture, headers, the compiler.
	key=$({
		printf '%s\n' 3 "$tree" "$arch" "$llvm"	# 3: of this script's own results
		"clang$llvm" --version
		cd "$tree"
		find . -name 'Kconfig*' -printf '%p %s %T@\n'
		find Makefile Kbuild scripts include "arch/$source_arch" kernel/bounds.c \
			-type f -printf '%p %s %T@\n' 2>/dev/null
	} | LC_ALL=C sort | sha256sum | cut -c 1-16)
	mkdir -p -- "$cache/prepared" || die "$cache: cannot be written: choose another cache folder"
	cache=$(realpath -- "$cache")
	case $cache/ in
	"$tree"/*) die "$cache: lies in the tree, which is never written to: choose another cache folder" ;;
	esac
	result=$cache/prepared/$key
	if [ -f "$result/flags" ]; then
		printf '%s\n' "$result"
		exit
	fi
	# the same input fails the same way, but for full disks and the like: for an hour
	if [ -n "$(find "$result.failed" -mmin -60 2>/dev/null)" ]; then
		die "$(cat -- "$result.failed")"
	fi
fi

# An interrupt leaves nothing behind that a later run would take for whole.
[ -z "$cache" ] || find "$cache" -maxdepth 1 -name 'preparing.*' -mmin +60 -exec rm -rf -- {} + 2>/dev/null || :
work=$(mktemp -d -- "${cache:-${TMPDIR:-/tmp}}/preparing.XXXXXX") || die "no room for a work folder: free some space"
child=
finish() {
	[ -z "$child" ] || kill -TERM "$child" 2>/dev/null || :
	rm -rf -- "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

need_sandbox

# -------------------------------------------------------------------- preparing

# MAKEFLAGS of an outer make would reach the kernel's.
unset MAKEFLAGS MFLAGS MAKELEVEL KERNEL O 2>/dev/null || :
export LC_ALL=C

first_error() {
	LC_ALL=C grep -a -m 1 -E 'error:|Error |\*\*\*|not found|can.t open' "$work/log" || tail -n 1 "$work/log"
}

# On one line, of characters that no terminal obeys and no cut can break.
failed() {
	error="$arch: $1: $(first_error | tr -d '\n' | tr -c '\040-\176' '?' | cut -c 1-300)"
	[ -z "${result:-}" ] || printf '%s\n' "$error" >"$result.failed"
	die "$error"
}

if [ -n "$given" ]; then
	build=$given
	[ -f "$build/include/generated/autoconf.h" ] || die "$given: no configured build: run make prepare there"
else
	build=$work/build
	mkdir -- "$build"
	[ ! -t 2 ] || printf 'preparing %s of %s (once)\n' "$arch" "$tree" >&2
	sandbox --write "$build" -- make -C "$tree" O="$build" ARCH="$arch" \
		LLVM="$llvm" KCFLAGS=-Wno-error -j "$jobs" allmodconfig prepare0 >"$work/log" 2>&1 &
	child=$!
	status=0
	wait "$child" || status=$?
	child=
	[ "$status" = 0 ] || failed "the tree cannot be configured"
fi

# The flags are those that the kernel hands a checker (make C=2): nothing is compiled by make -n.
# The kernel first tries the checker on a file of its own.
printf '#!/bin/sh\n' >"$work/attach-check-flags"
chmod +x "$work/attach-check-flags"
access=--write
[ -z "$given" ] || access=--see
(sandbox "$access" "$build" --see "$work/attach-check-flags" -- make -n V=1 -C "$tree" O="$build" ARCH="$arch" \
	LLVM="$llvm" C=2 CHECK="$work/attach-check-flags" drivers/base/core.o) >>"$work/log" 2>&1 || :
[ -n "$given" ] || "$python" -IB "$here/../../report/sandbox.py" --sweep "$build" ||
	failed "what it has built cannot be taken over"
LC_ALL=C sed -n 's/.*attach-check-flags \(-.* .*\.c\).*$/\1/p' "$work/log" | head -n 1 >"$work/line"
[ -s "$work/line" ] || failed "make says nothing of how it checks a file${given:+ (is it a build for ARCH=$arch?)}"
"$python" -IB "$here/flags.py" --tree "$tree" --build "$build" <"$work/line" >"$work/flags.new" 2>"$work/log" ||
	failed "nothing can be read as the tree wants it"
printf '%s\n' "$arch" >"$work/arch"

if [ -n "$given" ]; then
	cat "$work/flags.new"
	exit
fi
sed "s|$work/|$result/|g" "$work/flags.new" >"$work/flags"
rm -f -- "$work/line" "$work/flags.new" "$work/attach-check-flags"
mv -T -- "$work" "$result" 2>/dev/null || [ -f "$result/flags" ] || die "$result: cannot be made: free some space"
trap - EXIT
printf '%s\n' "$result"
