#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The command: in, a kernel tree; out, audit.json and what led to it in OUT, a
# report on stdout and the exit status: 0 clean, 1 the gate fails, 2 incomplete or misused.
set -eu

version=0.1.0
here=$(dirname -- "$(readlink -f -- "$0")")
checks=${ATTACH_CHECKS:-$here/build/attach-checks}

usage() {
	cat <<EOF
usage: attach-audit [OPTIONS]

Audits the errnos that the attach_dev callbacks of a kernel tree's IOMMU drivers return.

  --kernel DIR       kernel source tree; "debian" takes the newest linux-source package of this
                     machine, "debian-6.1" that version of it (default: the sample tree)
  --out DIR          folder for the results (default: build/audit)
  --engines LIST     engines that must run, separated by commas (default: all that can: coccinelle)
  --baseline FILE    known findings (default: baseline.json, the sample's own for the sample)
  --contract NAME    errno rules: merged, strict, emediumtype, or a file (default: the tree's own)
  --jobs N           processes at a time (default: one a processor)
  --timeout SECONDS  what spatch may take for a file (default: 60)
  --quiet            print only what decides the exit status
  --summary          print the table of drivers and the summary line only
  --all              print known findings too, and notes in full
  --explain RULE     print the page of a rule
  --accept ID --reason TEXT
                     add a finding of the last audit in OUT to its baseline
  --prune            drop what the last audit in OUT no longer finds from its baseline
  --help, --version

KERNEL, OUT, ENGINES, BASELINE, CONTRACT and JOBS in the environment do the same.
Exit status: 0 audited completely, nothing outside the baseline; 1 a new finding of severity
error, a newly mixed driver or a stale baseline entry; 2 incomplete or misused.
EOF
}

die() {
	printf 'attach-audit: %s\n' "$*" >&2
	exit 2
}

# ------------------------------------------------------------------- options

kernel=${KERNEL:-}
out=${OUT:-}
engines=${ENGINES:-}
baseline=${BASELINE:-}
contract=${CONTRACT:-}
jobs=${JOBS:-$(nproc)}
timeout=60
detail=
action=audit
rule='' id='' reason=''

while [ $# -gt 0 ]; do
	option=$1
	shift
	case $option in
	--*=*)
		set -- "${option#*=}" "$@"
		option=${option%%=*}
		;;
	--kernel | --out | --engines | --baseline | --contract | --jobs | --timeout | --explain | --accept | --reason)
		[ $# -gt 0 ] || die "$option: needs a value: see --help"
		;;
	esac
	case $option in
	--kernel) kernel=$1 ;;
	--out) out=$1 ;;
	--engines) engines=$1 ;;
	--baseline) baseline=$1 ;;
	--contract) contract=$1 ;;
	--jobs) jobs=$1 ;;
	--timeout) timeout=$1 ;;
	--explain) action=explain rule=$1 ;;
	--accept) action=accept id=$1 ;;
	--reason) reason=$1 ;;
	--prune) action=prune ;;
	--quiet | --summary | --all) detail=$option ;;
	--help) usage && exit 0 ;;
	--version) printf 'attach-audit %s\n' "$version" && exit 0 ;;
	*) die "$option: no such option: see --help" ;;
	esac
	case $option in
	--prune | --quiet | --summary | --all) ;;
	*) shift ;;
	esac
done

for number in "$jobs" "$timeout"; do
	case $number in
	'' | *[!0-9]* | 0* | ??????*) die "$number: not a number above zero: see --jobs and --timeout in --help" ;;
	esac
done

out=${out:-build/audit}

# ------------------------------------------------------------------ the report

# The first interpreter that is new enough: $PYTHON, Debian's own, the path's.
python=
for candidate in "${PYTHON:-}" /usr/bin/python3 python3; do
	if [ -n "$candidate" ] &&
		"$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
		python=$candidate
		break
	fi
done
[ -n "$python" ] || die "no Python 3.11 or later: install it with: apt-get install python3, or set PYTHON"

report() {
	status=0
	PYTHONPATH=$here${PYTHONPATH:+:$PYTHONPATH} "$python" -m report "$@" || status=$?
	[ "$status" -le 1 ] || status=2
	return "$status"
}

case $action in
explain)
	report explain "$rule"
	exit
	;;
accept | prune)
	[ -f "$out/audit.json" ] || die "$out: holds no audit: run one first, or name another OUT"
	[ -n "$baseline" ] || baseline=$(cat "$out/.baseline" 2>/dev/null) ||
		die "$out: does not say which baseline: name one as BASELINE"
	if [ "$action" = prune ]; then
		report prune "$out/audit.json" --baseline "$baseline"
		exit
	fi
	[ -n "$reason" ] || die "--accept $id: needs --reason TEXT: say why the finding stays"
	report accept "$out/audit.json" --baseline "$baseline" "$id" --reason "$reason"
	exit
	;;
esac

# ------------------------------------------------------- what is to be audited

[ -x "$checks" ] || die "$checks: not built: run make build in $here"
[ -n "${XDG_CACHE_HOME:-}${HOME:-}" ] || die "no place for a cache: set XDG_CACHE_HOME or HOME"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/attach-audit

for engine in $(printf %s "$engines" | tr ',' ' '); do
	case $engine in
	coccinelle) ;;
	sparse | clang) die "engine $engine: this version has no front end for it: leave it out of ENGINES" ;;
	*) die "$engine: no such engine: ENGINES takes coccinelle" ;;
	esac
done

work=
child=
judged=
trap finish EXIT
trap interrupted INT TERM HUP

# Status 1 is the gate's alone: whatever else went wrong is 2.
# shellcheck disable=SC2317  # the trap calls it
finish() {
	code=$?
	[ -z "$work" ] || rm -rf -- "$work"
	[ -n "$judged" ] || [ "$code" = 0 ] || exit 2
}

# shellcheck disable=SC2317  # the trap calls it
interrupted() {
	trap '' INT TERM HUP
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null || :
		wait "$child" 2>/dev/null || :
	fi
	die "interrupted: earlier results are whole: run it again"
}

# Runs a command so that an interrupt ends it at once; not holding the lock.
attend() {
	"$@" 9>&- &
	child=$!
	status=0
	wait "$child" 2>/dev/null || status=$?
	child=
	return "$status"
}

# Unpacks /usr/src/linux-source-VERSION.tar.xz into the cache, once; sets kernel.
unpack_debian() {
	# shellcheck disable=SC2012  # names of Debian packages hold no blanks
	tarball=$(ls /usr/src/linux-source-"$1".tar.xz 2>/dev/null | sort -V | tail -n 1)
	[ -n "$tarball" ] || die "debian: no /usr/src/linux-source-$1.tar.xz:" \
		"install one with: apt-get install linux-source"
	name=${tarball##*/}
	kernel=$cache/trees/${name%.tar.xz}.$(stat -c %Y "$tarball")
	[ ! -d "$kernel" ] || return 0
	printf 'attach-audit: unpacking %s\n' "$tarball" >&2
	work=$kernel.$$
	{ mkdir -p "$work" && attend tar -xf "$tarball" -C "$work" --strip-components=1 &&
		mv -T "$work" "$kernel"; } || die "$kernel: cannot be unpacked: free 1.5 GB or set XDG_CACHE_HOME"
	work=
}

case $kernel in
'') kernel=$here/sample baseline=${baseline:-$here/sample/baseline.json} detail=${detail:---all} ;;
debian) unpack_debian '*' ;;
debian-*) unpack_debian "${kernel#debian-}" ;;
[~]/*) kernel=${HOME:-}/${kernel#??} ;; # make hands it on as it was typed
esac
baseline=${baseline:-$here/baseline.json}

rules=$here/contract.json
choose=
case $contract in
'') ;;
*/* | *.json)
	[ -f "$contract" ] || die "$contract: no such file: give CONTRACT a name or a file like contract.json"
	rules=$contract
	;;
*) choose=$contract ;;
esac

tree=$(realpath -m -- "$kernel")
for folder in "$out" "$cache"; do
	case $(realpath -m -- "$folder")/ in
	"$tree"/*) die "$folder: lies in the audited tree, which is never written to:" \
		"choose another OUT or XDG_CACHE_HOME" ;;
	esac
	why=$(LC_ALL=C mkdir -p -- "$folder" 2>&1) || die "$folder: ${why##*: }: choose a writable OUT or XDG_CACHE_HOME"
	why=$(LC_ALL=C touch -- "$folder/.lock" 2>&1) || die "$folder: ${why##*: }: choose a writable OUT or XDG_CACHE_HOME"
done

exec 9>>"$out/.lock"
flock -n 9 || die "$out: another audit is writing there: wait for it or choose another OUT"

# -------------------------------------------------------------------- the steps

rm -rf -- "$out"/.work.*
work=$out/.work.$$
mkdir -- "$work" 2>/dev/null || die "$work: cannot be made: free some space or choose another OUT"
timing=

# Stdin becomes the file, or the audit ends.
write() {
	cat 2>/dev/null >"$work/$1" || die "$out/$1: cannot be written: free some space or choose another OUT"
}

step() {
	began=$(date +%s%N)
	if ! attend "$checks" "$@"; then
		[ "$status" -le 128 ] || die "attach-checks $1: ended by SIG$(kill -l $((status - 128))):" \
			"report it with this command and the kernel's version"
		exit 2
	fi
	timing="$timing${timing:+, }\"$1\": $((($(date +%s%N) - began) / 1000000))"
}

set -- --contract "$rules"
[ -z "$choose" ] || set -- "$@" --choose "$choose"
step scan --tree "$kernel" --cache "$cache" --out "$work/scan.json" "$@"
step closure --tree "$kernel" --scan "$work/scan.json" --out "$work/closure.json"
step facts --tree "$kernel" --closure "$work/closure.json" --patches "$here/semantic-patches" \
	--cache "$cache" --jobs "$jobs" --timeout "$timeout" --out "$work/facts.jsonl"
step bindings --closure "$work/closure.json" --facts "$work/facts.jsonl" --out "$work/bindings.jsonl"
step text --tree "$kernel" --closure "$work/closure.json" --bindings "$work/bindings.jsonl" \
	--facts "$work/facts.jsonl" --api "$here/checkers/api.json" --out "$work/sites-coccinelle.jsonl"

# Seconds are in timing.json: audit.json is the same for the same input.
spatch=$("${SPATCH:-spatch}" --version | sed -n '1s/^spatch version \([^ ]*\).*/\1/p')
write engines.json <<EOF
{
 "coccinelle": {"status": "ran", "why": "", "version": "$spatch", "seconds": null},
 "sparse": {"status": "skipped", "why": "no front end in this version", "version": null, "seconds": null},
 "clang": {"status": "skipped", "why": "no front end in this version", "version": null, "seconds": null}
}
EOF
step classify --tree "$tree" --scan "$work/scan.json" --api "$here/checkers/api.json" --contract "$rules" \
	--engines "$work/engines.json" --sites "$work/sites-coccinelle.jsonl" --out "$work/audit.json"
write timing.json <<EOF
{"milliseconds": {$timing}}
EOF
write .baseline <<EOF
$(realpath -m -- "$baseline")
EOF

trap '' INT TERM HUP
for file in .baseline timing.json engines.json scan.json closure.json facts.jsonl bindings.jsonl \
	sites-coccinelle.jsonl audit.json; do
	mv -f -- "$work/$file" "$out/$file" || die "$out/$file: cannot be replaced: choose another OUT"
done
trap interrupted INT TERM HUP

judged=yes
# shellcheck disable=SC2086  # one option or none
report text "$out/audit.json" --baseline "$baseline" $detail || :
# What could not be read has been named by the scan.
grep -q '"unreadable": \[\]' "$out/scan.json" || status=2
exit "$status"
