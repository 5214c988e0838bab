# SPDX-License-Identifier: GPL-2.0-only
# In: a target. Out: what `make help` says of it.

VERSION := $(shell sed -n 's/^version=//p' run-audit.sh)
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Werror
LANGUAGE = -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Icheckers
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LIBS = -ljansson -lpthread
PYTHON ?= /usr/bin/python3
PREFIX ?= /usr/local
DESTDIR ?=

SOURCES := $(wildcard checkers/*.c checkers/text/*.c)
HEADERS := $(wildcard checkers/*.h checkers/text/*.h)

# run-audit.sh reads these from the environment
export KERNEL OUT ENGINES BASELINE CONTRACT JOBS ID REASON

.DELETE_ON_ERROR:
.PHONY: help audit build check lint bench baseline install clean need-audit need-check need-lint

help:
	@echo 'make audit [KERNEL=DIR|debian]   audit a kernel tree; without KERNEL the sample (OUT=, ENGINES=,'
	@echo '                                 BASELINE=, CONTRACT=, JOBS=: see ./run-audit.sh --help)'
	@echo 'make baseline ID=... REASON=...  accept a finding of the last audit; without ID drop stale entries'
	@echo 'make build                       build/attach-checks, the program with all steps'
	@echo 'make check                       build with sanitizers too and run the tests'
	@echo 'make lint                        shellcheck, black, mypy, and parse every semantic patch'
	@echo 'make bench                       accuracy and speed on the linux-source packages (minutes)'
	@echo 'make install                     into $$(DESTDIR)$$(PREFIX), as attach-audit'
	@echo 'make clean                       remove build/'

# ------------------------------------------------------------- what is needed

# $(call need,PROBE,PACKAGE): names the package when the probe fails
need = $(1) >/dev/null 2>&1 || set -- "$$@" $(2);

AUDIT_NEEDS = $(call need,command -v gcc,gcc) \
	$(call need,echo 'int main(void) { return 0; }' | $(CC) -x c - -o /dev/null,gcc libc6-dev) \
	$(call need,$(CC) -include jansson.h -E -x c /dev/null,libjansson-dev) \
	$(call need,command -v "$${SPATCH:-spatch}",coccinelle) \
	$(call need,$(PYTHON) -c 'import json',python3)
CHECK_NEEDS = $(AUDIT_NEEDS) \
	$(call need,$(PYTHON) -c 'import pytest',python3-pytest) \
	$(call need,$(PYTHON) -c 'import jsonschema',python3-jsonschema)
LINT_NEEDS = $(CHECK_NEEDS) \
	$(call need,command -v shellcheck,shellcheck) \
	$(call need,$(PYTHON) -c 'import black',black) \
	$(call need,$(PYTHON) -c 'import mypy',python3-mypy)

# Installs what is missing where that is allowed, else says how.
INSTALL_MISSING = [ $$\# -eq 0 ] || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing $$*" >&2; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$$@" >&2; \
	else \
		echo "missing packages: install them with: sudo apt-get install $$*" >&2; exit 2; \
	fi

need-audit:
	@set --; $(AUDIT_NEEDS) $(INSTALL_MISSING)

need-check:
	@set --; $(CHECK_NEEDS) $(INSTALL_MISSING)

need-lint:
	@set --; $(LINT_NEEDS) $(INSTALL_MISSING)

# -------------------------------------------------------------------- targets

build: build/attach-checks

build/attach-checks: $(SOURCES) $(HEADERS) run-audit.sh Makefile | need-audit
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(LANGUAGE) $(CPPFLAGS) $(SOURCES) $(LDFLAGS) $(LIBS) -o $@

build/san/attach-checks: $(SOURCES) $(HEADERS) run-audit.sh Makefile | need-check
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) $(WARNINGS) $(LANGUAGE) $(SOURCES) $(LIBS) -o $@

# make ends with 2 whenever a command fails: ./run-audit.sh tells 1 from 2.
audit: build/attach-checks
	@PYTHON=$(PYTHON) ./run-audit.sh

baseline: build/attach-checks
	@if [ -n "$$ID" ]; then \
		PYTHON=$(PYTHON) ./run-audit.sh --accept "$$ID" --reason "$$REASON"; \
	else \
		PYTHON=$(PYTHON) ./run-audit.sh --prune; \
	fi

check: need-check build/attach-checks build/san/attach-checks
	$(PYTHON) -m pytest -q -p no:cacheprovider tests

lint: need-lint
	shellcheck run-audit.sh .ci/run
	$(PYTHON) -m black --quiet --check --line-length 100 report tests
	$(PYTHON) -m mypy --strict report tests/*.py
	@cd semantic-patches && for patch in *.cocci coccicheck/*.cocci; do \
		[ ! -f "$$patch" ] || spatch --very-quiet --parse-cocci "$$patch" >/dev/null 2>&1 || \
			{ echo "semantic-patches/$$patch: does not parse: spatch --parse-cocci $$patch tells why" >&2; exit 1; }; \
	done

bench: need-check build/attach-checks
	$(PYTHON) tests/bench.py

install: build/attach-checks
	install -d "$(DESTDIR)$(PREFIX)/lib/attach-audit/build" "$(DESTDIR)$(PREFIX)/lib/attach-audit/checkers" \
		"$(DESTDIR)$(PREFIX)/lib/attach-audit/docs" "$(DESTDIR)$(PREFIX)/bin" \
		"$(DESTDIR)$(PREFIX)/share/man/man1"
	install -m 755 run-audit.sh "$(DESTDIR)$(PREFIX)/lib/attach-audit/"
	install -m 755 build/attach-checks "$(DESTDIR)$(PREFIX)/lib/attach-audit/build/"
	install -m 644 contract.json baseline.json "$(DESTDIR)$(PREFIX)/lib/attach-audit/"
	install -m 644 checkers/api.json "$(DESTDIR)$(PREFIX)/lib/attach-audit/checkers/"
	cp -R semantic-patches sample report "$(DESTDIR)$(PREFIX)/lib/attach-audit/"
	cp -R docs/rules "$(DESTDIR)$(PREFIX)/lib/attach-audit/docs/"
	rm -rf "$(DESTDIR)$(PREFIX)/lib/attach-audit/report/__pycache__"
	ln -sf ../lib/attach-audit/run-audit.sh "$(DESTDIR)$(PREFIX)/bin/attach-audit"
	install -m 644 docs/attach-audit.1 "$(DESTDIR)$(PREFIX)/share/man/man1/"

clean:
	rm -rf build
