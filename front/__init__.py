# SPDX-License-Identifier: GPL-2.0-only
"""The front: in, a command line; out, what was asked for is done by checkers/ and report/, and a status."""

VERSION = "0.1.0"
