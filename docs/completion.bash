# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# In: a command line of attach-audit in bash; out: what can come next, as its own help tells.

_attach_audit() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} help
	COMPREPLY=()
	case $before in
	--kernel | --out | --build | --tree | --baseline | --contract | --mbox | --driver | --path)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		compopt -o filenames
		return
		;;
	explain | --explain | --rule)
		help=$(attach-audit explain --help 2>/dev/null | sed -n 's/^  \([a-z]*-[a-z-]*\)  .*/\1/p')
		;;
	--format) help='text html sarif markdown rdjson codequality ktap junit compare github' ;;
	--engines) help='coccinelle sparse clang' ;;
	--severity) help='error warning note' ;;
	--gate-on) help='all shown' ;;
	--split) help='rule driver' ;;
	--soft-messages) help='remove debug' ;;
	*)
		if [ "$COMP_CWORD" = 1 ] && [[ $word != -* ]]; then
			help=$(attach-audit --help 2>/dev/null | sed -n '/^actions/,/^$/s/^  \([a-z]*\) .*/\1/p')
		elif [[ ${COMP_WORDS[1]} == -* ]]; then
			help=$(attach-audit --help 2>/dev/null | grep -o -e '--[a-z-]*')
		else
			help=$(attach-audit "${COMP_WORDS[1]}" --help 2>/dev/null | grep -o -e '--[a-z-]*')
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$help" -- "$word")
}
complete -F _attach_audit attach-audit
