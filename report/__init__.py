# SPDX-License-Identifier: GPL-2.0-only
"""In: audit.json and baseline.json; out: the text report, gate.json and an exit status."""
