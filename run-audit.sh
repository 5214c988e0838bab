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
  --engines LIST     engines that must run, separated by commas: coccinelle; sparse and clang, which prepare the
                     tree once in a sandbox (default: all that can run here)
  --build DIR        a build of the tree that you configured (make O=DIR; ARCH= names its architecture):
                     engine sparse takes its flags and prepares nothing
  --baseline FILE    known findings (default: baseline.json, the sample's own for the sample)
  --contract NAME    errno rules: merged, strict, emediumtype, or a file (default: the tree's own)
  --format LIST      text (on the terminal), html, sarif, markdown, rdjson, codequality, ktap, junit,
                     compare: written into OUT (default: text)
  --jobs N           processes at a time (default: one a processor)
  --timeout SECONDS  what spatch may take for a file (default: 60)
  --quiet            print only what decides the exit status
  --summary          print the table of drivers and the summary line only
  --all              print known findings too, and notes in full
  --explain RULE     print the page of a rule
  --accept ID --reason TEXT
                     add a finding of the last audit in OUT to its baseline
  --base REF         audit a git revision too; report, and gate on, what is new since then
  --mbox FILE        review a patch series (- for standard input, or a git format-patch folder):
                     what each patch brings and fixes; replies in OUT/review.mbox
  --driver PATH      one driver in depth, a file or folder in the tree or outside one
  --patches          write a patch series for the findings into OUT/patches
  --fix              make the same edits in the tree, except in files with uncommitted changes
  --only ID          (with either, repeatable) this finding; the start of its id does
  --rule RULE        findings of this rule
  --driver NAME      findings of this driver
  --split rule|driver  one patch a rule (default), or one a rule and driver
  --signoff "NAME <MAIL>"  sign the patches off
  --soft-messages remove|debug  what becomes of a logged soft failure (default: remove)
  --prepare          configure the tree for the engines that need it, and stop
  --prune            drop what the last audit in OUT no longer finds from its baseline
  --help, --version

KERNEL, OUT, ENGINES, O, BASELINE, CONTRACT, FORMAT, BASE, MBOX, DRIVER and JOBS in the environment do the
same; for patches ONLY, RULE, DRIVER, SPLIT, SIGNOFF and SOFT_MESSAGES too.
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
build=${O:-}
baseline=${BASELINE:-}
contract=${CONTRACT:-}
format=${FORMAT:-text}
jobs=${JOBS:-$(nproc)}
timeout=60
detail=
action=audit
base=${BASE:-} mbox=${MBOX:-}
only=${ONLY:-} select_rule=${RULE:-} select_driver=${DRIVER:-}
split=${SPLIT:-rule} signoff=${SIGNOFF:-} soft_messages=${SOFT_MESSAGES:-remove}
rule='' id='' reason=''

while [ $# -gt 0 ]; do
	option=$1
	shift
	case $option in
	--*=*)
		set -- "${option#*=}" "$@"
		option=${option%%=*}
		;;
	--kernel | --out | --engines | --build | --baseline | --contract | --format | --jobs | --timeout | --explain | --accept | --reason | \
		--base | --mbox | --only | --rule | --driver | --split | --signoff | --soft-messages)
		[ $# -gt 0 ] || die "$option: needs a value: see --help"
		;;
	esac
	case $option in
	--kernel) kernel=$1 ;;
	--out) out=$1 ;;
	--engines) engines=$1 ;;
	--build) build=$1 ;;
	--baseline) baseline=$1 ;;
	--contract) contract=$1 ;;
	--format) format=$1 ;;
	--jobs) jobs=$1 ;;
	--timeout) timeout=$1 ;;
	--explain) action=explain rule=$1 ;;
	--accept) action=accept id=$1 ;;
	--reason) reason=$1 ;;
	--prune) action=prune ;;
	--prepare) action=prepare ;;
	--patches) action=patches ;;
	--fix) action=fix ;;
	--base) base=$1 ;;
	--mbox) mbox=$1 ;;
	--only) only="$only $1" ;;
	--rule) select_rule=$1 ;;
	--driver) select_driver=$1 ;;
	--split) split=$1 ;;
	--signoff) signoff=$1 ;;
	--soft-messages) soft_messages=$1 ;;
	--quiet | --summary | --all) detail=$option ;;
	--help) usage && exit 0 ;;
	--version) printf 'attach-audit %s\n' "$version" && exit 0 ;;
	*) die "$option: no such option: see --help" ;;
	esac
	case $option in
	--prune | --prepare | --patches | --fix | --quiet | --summary | --all) ;;
	*) shift ;;
	esac
done

for number in "$jobs" "$timeout"; do
	case $number in
	'' | *[!0-9]* | 0* | ??????*) die "$number: not a number above zero: see --jobs and --timeout in --help" ;;
	esac
done

text=--quiet # without text only what decides the exit status
for name in $(printf %s "$format" | tr ',' ' '); do
	case $name in
	text) text= ;;
	html | sarif | markdown | rdjson | codequality | ktap | junit | compare) ;;
	*) die "format $name: no such format: see --format in --help" ;;
	esac
done
detail=${detail:-$text}

out=${out:-build/audit}

# ------------------------------------------------------------------ the report

# The first interpreter that is new enough: $PYTHON, Debian's own, the path's.
python=
for candidate in "${PYTHON:-}" /usr/bin/python3 python3; do
	if [ -n "$candidate" ] &&
		"$candidate" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
		python=$candidate
		break
	fi
done
[ -n "$python" ] || die "no Python 3.11 or later: install it with: apt-get install python3, or set PYTHON"

# Python's modules are its own and those beside this script: -I looks for none in the current folder, which may be the
# audited tree, nor where the environment says; -B writes none. Engine coccinelle's Python is told the same.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP
export PYTHONSAFEPATH=1

report() {
	status=0
	"$python" -IB "$here/report/__main__.py" "$@" || status=$?
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

engines=$(printf %s "$engines" | tr ',' ' ')
for engine in $engines; do
	case $engine in
	coccinelle | sparse | clang) ;;
	*) die "$engine: no such engine: ENGINES takes coccinelle, sparse and clang" ;;
	esac
done

# Was this engine asked for by name?
asked() {
	case " $engines " in *" $1 "*) ;; *) return 1 ;; esac
}

# Or is it wanted because none was?
wanted() {
	[ -z "$engines" ] || asked "$1"
}

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

# A change, a series or a driver is several audits, which Python asks of this script.
if [ "$action" = audit ] && [ -n "$base$mbox$select_driver" ]; then
	case $engines in
	'' | coccinelle) ;;
	*) die "engine $engines: a revision, series or driver is read by coccinelle alone, which runs nothing of it" ;;
	esac
	exec 8>>"$out/.review.lock" 3<&0
	flock -n 8 || die "$out: another review is writing there: wait for it or choose another OUT"
	export ENGINES=coccinelle CONTRACT="$contract" JOBS="$jobs" ATTACH_CHECKS="$checks"
	if [ -n "$mbox" ]; then
		set -- review --mbox="$mbox" --ref="$base"
	elif [ -n "$base" ]; then
		set -- change --ref="$base"
	else
		set -- driver --driver="$select_driver"
	fi
	set -- "$@" --kernel="$kernel" --out="$out" --baseline="$baseline"
	# shellcheck disable=SC2317  # attend calls it
	several() {
		exec "$python" -IB "$here/report/__main__.py" "$@" <&3
	}
	attend several "$@" || :
	judged=yes
	[ "$status" -le 1 ] || status=2
	exit "$status"
fi

exec 9>>"$out/.lock"
flock -n 9 || die "$out: another audit is writing there: wait for it or choose another OUT"

# -------------------------------------------------------------------- the steps

rm -rf -- "$out"/.work.*
work=$out/.work.$$
mkdir -- "$work" 2>/dev/null || die "$work: cannot be made: free some space or choose another OUT"
touch "$work/began"
timing=
label= # of a step that runs twice
lacking= # something that preparing needs

# Stdin becomes the file, or the audit ends.
write() {
	cat 2>/dev/null >"$work/$1" || die "$out/$1: cannot be written: free some space or choose another OUT"
}

# On a terminal: what is being done, and how long it took the last time.
progress() {
	[ -t 2 ] && [ "${TERM:-dumb}" != dumb ] && [ "$detail" != --quiet ] || return 0
	last=
	[ -z "$1" ] || last=$(sed -n "s/.*\"$1\": \([0-9]*\).*/, about \1 ms/p" "$out/timing.json" 2>/dev/null) || :
	printf '\033[K%s\r' "${1:+attach-audit: $1$last}" >&2
}

step() {
	progress "$1"
	began=$(date +%s%N)
	if ! attend "$checks" "$@"; then
		[ "$status" -le 128 ] || die "attach-checks $1: ended by SIG$(kill -l $((status - 128))):" \
			"report it with this command and the kernel's version"
		exit 2
	fi
	timing="$timing${timing:+, }\"${label:-$1}\": $((($(date +%s%N) - began) / 1000000))"
}

set -- --contract "$rules"
[ -z "$choose" ] || set -- "$@" --choose "$choose"
step scan --tree "$kernel" --cache "$cache" --skip "$here" --out "$work/scan.json" "$@"
step closure --tree "$kernel" --scan "$work/scan.json" --out "$work/closure.json"
step entries --tree "$kernel" --scan "$work/scan.json" --contract "$rules" --cache "$cache" \
	--out "$work/entries.json" --core "$work/core.json" --bindings "$work/core.jsonl"
step facts --tree "$kernel" --closure "$work/closure.json" --entries "$work/entries.json" \
	--entries-out "$work/facts-entries.jsonl" --patches "$here/semantic-patches" \
	--cache "$cache" --jobs "$jobs" --timeout "$timeout" --out "$work/facts.jsonl"
step bindings --closure "$work/closure.json" --facts "$work/facts.jsonl" --out "$work/bindings.jsonl"
step text --tree "$kernel" --closure "$work/closure.json" --bindings "$work/bindings.jsonl" \
	--facts "$work/facts.jsonl" --api "$here/checkers/api.json" --out "$work/sites-coccinelle.jsonl"

# The other side: the core and those who call it.
step callers --tree "$kernel" --entries "$work/entries.json" --cache "$cache" \
	--facts "$work/facts-entries.jsonl" --api "$here/checkers/api.json" --out "$work/callers.json"
label=core
step text --tree "$kernel" --scan "$work/scan.json" --closure "$work/core.json" --bindings "$work/core.jsonl" \
	--cache "$cache" --facts "$work/facts-entries.jsonl" --api "$here/checkers/api.json" --out "$work/sites-core.jsonl"
label=

# What engines.json says of an engine: status, why, version, and more.
engine_json() {
	printf '{"status": "%s", "why": "%s", "version": %s, "seconds": null%s}' "$1" \
		"$(printf %s "$2" | tr -d '\000-\037' | sed 's/[\\"]/\\&/g')" "$3" "${4:-}"
}

# What the engine that has just run left in the file that --why names, each thing once.
said() {
	[ ! -f "$work/why" ] || awk '!seen[$0]++' "$work/why" | paste -sd ';'
}

# Sets why, and fails, where engine sparse cannot run.
sparse_can_run() {
	why="not asked for: ENGINES=$engines"
	wanted sparse || return 1
	why="not built: make sparse in $here builds it"
	[ -x "$here/build/attach-check" ] || return 1
	can_prepare
}

# Sets why, and fails, where the tree cannot be configured. That the machine lacks something is said aloud.
can_prepare() {
	[ -z "$build" ] || return 0
	status=0
	why=$("$here/checkers/sparse/prepare.sh" --tree "$tree" --probe 2>&1) || status=$?
	why=${why#prepare: } why=${why#"$tree: "}
	if [ "$status" = 3 ] && [ -z "$engines$lacking" ]; then
		lacking=yes
		printf 'attach-audit: by coccinelle alone: %s\n' "$why" >&2
	fi
	return "$status"
}

# What the functions of other subsystems hand on to these sites, by their own sources.
# shellcheck disable=SC2317  # attend calls it
follow() {
	for flags in "$work/flags"/*; do
		set -- "$@" --flags "$flags"
	done
	exec "$here/build/attach-check" --follow --tree "$tree" --api "$here/checkers/api.json" --cache "$cache" \
		--jobs "$jobs" --out "$work/foreign.jsonl" "$@"
}

set --
! wanted coccinelle || set -- --sites "$work/sites-coccinelle.jsonl"
if sparse_can_run; then
	progress sparse
	began=$(date +%s%N)
	if attend "$here/checkers/sparse/analyse.sh" --tree "$tree" --bindings "$work/bindings.jsonl" --build "$build" \
		--api "$here/checkers/api.json" --cache "$cache" --drivers "$work/sites-coccinelle.jsonl" \
		--jobs "$jobs" --why "$work/why" --flags "$work/flags" --out "$work/sites-sparse.jsonl" >"$work/arches"; then
		arches=$(sed 's/.*/"&"/' "$work/arches" | paste -sd, | sed 's/,/, /g')
		sparse=$(engine_json ran "$(said)" '"0.6.4"' ", \"arches\": [$arches]")
		set -- "$@" --sites "$work/sites-sparse.jsonl"
	else
		why=$(said)
		sparse=$(engine_json failed "$why" null)
		rm -f -- "$work/sites-sparse.jsonl"
	fi
	timing="$timing, \"sparse\": $((($(date +%s%N) - began) / 1000000))"
	if [ -f "$work/sites-sparse.jsonl" ]; then
		progress follow
		began=$(date +%s%N)
		if attend follow "$@"; then
			set -- "$@" --foreign "$work/foreign.jsonl"
		else
			sparse=$(engine_json failed "callees in other subsystems could not be followed: see above" null)
		fi
		timing="$timing, \"follow\": $((($(date +%s%N) - began) / 1000000))"
	fi
else
	! asked sparse || die "engine sparse: $why"
	sparse=$(engine_json skipped "$why" null)
fi

if [ "$action" = prepare ]; then
	case $sparse in
	*'"ran"'*) printf 'prepared: %s\n' "$arches" && exit 0 ;;
	*) die "$tree: cannot be prepared: ${why:-see above}" ;;
	esac
fi

# Seconds are in timing.json: audit.json is the same for the same input.
coccinelle=$(engine_json skipped "not asked for: ENGINES=$engines" null)
if wanted coccinelle; then
	spatch=$(cd / && "${SPATCH:-spatch}" --version | # not here: a .cocciconfig would be obeyed
		sed -n '1s/^spatch version \([^ ]*\).*/\1/p')
	coccinelle=$(engine_json ran "" "\"$spatch\"")
fi
# Judges what the engines that are named have stated.
judge() {
	write engines.json <<EOF
{
 "coccinelle": $coccinelle,
 "sparse": $sparse,
 "clang": $clang
}
EOF
	step classify --tree "$tree" --scan "$work/scan.json" --api "$here/checkers/api.json" --contract "$rules" \
		--engines "$work/engines.json" "$@" --entries "$work/entries.json" --callers "$work/callers.json" \
		--core-sites "$work/sites-core.jsonl" --bindings "$work/bindings.jsonl" --out "$work/audit.json"
}

# Sets why, and fails, where engine clang cannot run.
clang_can_run() {
	why="not asked for: ENGINES=$engines"
	wanted clang || return 1
	why="not built: make clang in $here builds it"
	[ -f "$here/build/attach-path.so" ] || return 1
	why=$("$python" -IB "$here/checkers/clang/analyse.py" --tree "$tree" --probe 2>&1) || {
		why=${why#clang: }
		return 1
	}
	clang_version=$why
	[ "${sparse#*'"ran"'}" != "$sparse" ] || can_prepare
}

# What the others found worth a path is walked; then all is judged again.
if clang_can_run; then
	flags=$(ls "$work/flags" 2>/dev/null) || :
	clang=$(engine_json skipped "" null)
	audit=
	if [ $# -gt 0 ]; then
		label=disputes
		judge "$@"
		label=
		audit=$work/audit.json
	fi
	progress clang
	began=$(date +%s%N)
	if attend "$python" -IB "$here/checkers/clang/analyse.py" --tree "$tree" --bindings "$work/bindings.jsonl" \
		--audit "$audit" --build "$build" --api "$here/checkers/api.json" --cache "$cache" --jobs "$jobs" \
		--why "$work/why" --out "$work/sites-clang.jsonl" ${flags:+--prepared "$work/flags"} "$@"; then
		clang=$(engine_json ran "" "\"$clang_version\"")
		set -- "$@" --sites "$work/sites-clang.jsonl"
	else
		clang=$(engine_json failed "$(cat "$work/why" 2>/dev/null || echo see above)" null)
	fi
	timing="$timing, \"clang\": $((($(date +%s%N) - began) / 1000000))"
else
	! asked clang || die "engine clang: $why"
	clang=$(engine_json skipped "$why" null)
fi
[ $# -gt 0 ] || die "no engine has stated anything: $why"
judge "$@"

# Engines read one after the other: what was written to in between they do not see alike.
# shellcheck disable=SC2016  # the inner shell expands it
changed=$(place=$(realpath -- "$work") && "$python" -I -c 'import json, sys
print("\0".join(json.load(open(sys.argv[1]))["files"]), end="")' "$place/closure.json" |
	(cd "$tree" && xargs -0 -r sh -c 'find "$@" -maxdepth 0 -newer "$0"' "$place/began") 2>/dev/null | head -n 1) || :
write timing.json <<EOF
{"milliseconds": {$timing}}
EOF
write .baseline <<EOF
$(realpath -m -- "$baseline")
EOF

trap '' INT TERM HUP
for file in .baseline timing.json engines.json scan.json closure.json facts.jsonl bindings.jsonl \
	entries.json core.json core.jsonl facts-entries.jsonl callers.json sites-core.jsonl sites-coccinelle.jsonl sites-sparse.jsonl sites-clang.jsonl foreign.jsonl \
	audit.json; do
	[ -f "$work/$file" ] || { rm -f -- "$out/$file" && continue; } # of an earlier audit
	mv -f -- "$work/$file" "$out/$file" || die "$out/$file: cannot be replaced: choose another OUT"
done
trap interrupted INT TERM HUP

# What was kept a month ago is made anew where it is wanted.
find "$cache" -maxdepth 2 -type f -mtime +30 ! -path "$cache/trees/*" ! -path "$cache/prepared/*" -delete 2>/dev/null || :

judged=yes
case $action in
patches | fix)
	[ "$action" = patches ] || set -- --fix
	[ "$action" = fix ] || set --
	for id in $only; do
		set -- "$@" --only "$id"
	done
	status=0
	report patches "$out/audit.json" --tree "$tree" --contract "$contract" --jobs "$jobs" --rule "$select_rule" \
		--driver "$select_driver" --split "$split" --signoff "$signoff" --messages "$soft_messages" "$@" 9>&- || :
	grep -q '"unreadable": \[\]' "$out/scan.json" || status=2
	exit "$status"
	;;
esac

progress ''
written=0
case " $(printf %s "$format" | tr ',' ' ') " in
"  " | " text ") ;;
*) report write "$out/audit.json" --formats "$format" --baseline "$baseline" --tree "$tree" >&2 || written=2 ;;
esac
# shellcheck disable=SC2086  # one option or none
report text "$out/audit.json" --baseline "$baseline" $detail || :
if [ -n "$changed" ]; then
	printf 'attach-audit: %s: changed during the audit: run it again\n' "$changed" >&2
	status=2
fi
# What could not be read has been named by the scan.
grep -q '"unreadable": \[\]' "$out/scan.json" || status=2
[ "$written" = 0 ] || status=2
exit "$status"
