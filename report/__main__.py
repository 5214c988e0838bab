# SPDX-License-Identifier: GPL-2.0-only
"""Where Python starts: in, the command's words; out, what front/ makes of them, and the exit status.

Started as `python3 -IB report/__main__.py`, from wherever: Python then looks for modules in its own
library and beside this package, never in the current folder, which may be the audited tree.
`python3 -m report`, in a checkout, works on files that are there already.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
ALONE = bool(__package__)
if not ALONE:
    sys.path.insert(0, ROOT)

try:
    from front.main import main
except KeyboardInterrupt:
    print("attach-audit: interrupted: earlier results are whole: run it again", file=sys.stderr)
    sys.exit(2)
except Exception as error:
    print(f"attach-audit: {ROOT}: broken: {error}: install it again", file=sys.stderr)
    sys.exit(2)

sys.exit(main(sys.argv[1:], ALONE))
