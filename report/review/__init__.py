# SPDX-License-Identifier: GPL-2.0-only
"""Review of a series: in, a kernel tree and an mbox; out, what each patch changes, and replies."""
