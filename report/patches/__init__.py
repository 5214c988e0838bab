# SPDX-License-Identifier: GPL-2.0-only
"""Findings become patches: choose -> rewrite -> series -> proof, a file a step; command runs them."""
