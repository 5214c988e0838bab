#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The command: in, what --help says; out, Python is found and started, front/ does the rest.
set -eu

here=$(dirname -- "$(readlink -f -- "$0")")

# Python's modules are its own and those beside this script: -I looks for none in the current folder, which may be the
# audited tree, nor where the environment says; -B writes none. Engine coccinelle's Python is told the same.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP
export PYTHONSAFEPATH=1

# The first interpreter that is new enough: $PYTHON, Debian's own, the path's.
for python in "${PYTHON:-}" /usr/bin/python3 python3; do
	if [ -n "$python" ] &&
		(exec 2>/dev/null && exec "$python" -IS -c 'import sys; sys.exit(sys.version_info < (3, 11))'); then
		exec "$python" -IB "$here/report/__main__.py" "$@"
	fi
done
echo "attach-audit: no Python 3.11 or later: install it with: apt-get install python3, or set PYTHON" >&2
exit 2
