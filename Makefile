# SPDX-License-Identifier: GPL-2.0-only
# In: a target. Out: what `make help` says of it.

VERSION := $(shell sed -n 's/^VERSION = "\(.*\)"/\1/p' front/__init__.py)
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Werror
LANGUAGE = -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Icheckers
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LIBS = -ljansson -lb2 -lpthread
PYTHON ?= /usr/bin/python3
CC ?= cc
CXX ?= g++
PREFIX ?= /usr/local
DESTDIR ?=
INSTALL ?= yes

# The rooms: docs/architecture.md says what happens in each. What needs libsparse is in build/attach-check alone;
# what is SHARED is in engine clang's plugin too.
WITH_SPARSE := checkers/check.c checkers/find/definitions.c $(addprefix checkers/read/,flags.c open.c tree.c unit.c written.c) \
	$(addprefix checkers/follow/,called.c chain.c foreign.c request.c)
SHARED := $(filter-out $(WITH_SPARSE),$(wildcard checkers/base/*.c checkers/find/*.c checkers/judge/*.c)) \
	checkers/read/source.c checkers/read/program.c checkers/read/expr.c checkers/read/macro.c checkers/read/table.c
SOURCES := $(sort checkers/main.c $(SHARED) $(filter-out $(WITH_SPARSE),$(wildcard checkers/read/*.c checkers/follow/*.c)))
HEADERS := $(wildcard checkers/*.h)

# An audit's variables. Passed on as options where they stand on make's command line; the first row does the same in
# the environment, where a name of the second may mean anything: it changes nothing.
OPTIONS = KERNEL OUT ENGINES BASELINE CONTRACT FORMAT JOBS MBOX
PLAIN = O BASE DRIVER ONLY RULE SPLIT SIGNOFF SOFT_MESSAGES ID REASON REVS TREES SHARD \
	ONLY_DRIVER ONLY_PATH SEVERITY GATE_ON
TOOLS = ARCH LLVM LLVM_CONFIG CLANG SPATCH SANDBOX PYTHON INSTALL XDG_CACHE_HOME NO_COLOR TERM V \
	CC CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS SPARSE_SRC SPARSE_CFLAGS MINUTES SEED PREFIX DESTDIR
unexport $(PLAIN)

on_line = $(filter command,$(firstword $(origin $(1))))
UNKNOWN := $(filter-out $(OPTIONS) $(PLAIN) $(TOOLS),$(foreach v,$(.VARIABLES),$(if $(call on_line,$(v)),$(v))))
quoted = '$(subst ','\'',$(value $(1)))'
# $(call given,VARIABLE,--option)
given = $(if $(call on_line,$(1)),$(2)=$(call quoted,$(1)))
AUDIT = PYTHON=$(PYTHON) ./run-audit.sh $(call given,KERNEL,--kernel) $(call given,OUT,--out) \
	$(call given,ENGINES,--engines) $(call given,O,--build) $(call given,BASELINE,--baseline) \
	$(call given,CONTRACT,--contract) $(call given,JOBS,--jobs)
SHOWN = $(call given,FORMAT,--format) $(call given,ONLY_DRIVER,--only-driver) $(call given,ONLY_PATH,--path) \
	$(call given,RULE,--rule) $(call given,SEVERITY,--severity) $(call given,GATE_ON,--gate-on)
EDITS = $(foreach id,$(value ONLY),$(if $(call on_line,ONLY),--only=$(id))) $(call given,RULE,--rule) \
	$(call given,DRIVER,--driver) $(call given,SPLIT,--split) $(call given,SIGNOFF,--signoff) \
	$(call given,SOFT_MESSAGES,--soft-messages)

.DELETE_ON_ERROR:
.PHONY: help audit review need-review patches fix history build check fuzz mutants lint bench baseline install uninstall doctor clean need-audit need-patches need-check need-lint need-known

help:
	@echo 'make audit [KERNEL=DIR|debian]   audit a kernel tree; without KERNEL the sample (OUT=, ENGINES=,'
	@echo '                                 BASELINE=, CONTRACT=, JOBS=: see ./run-audit.sh --help)'
	@echo '                                 FORMAT="text html sarif markdown rdjson codequality ktap junit compare github"'
	@echo 'make history TREES="DIR ..."     audit several versions: what appeared, what was fixed, in'
	@echo '                                 build/history (or KERNEL=GITDIR REVS="v6.1 ..."; OUT=, SHARD=I/N)'
	@echo 'make audit KERNEL=DIR BASE=REF   what is new, fixed and unchanged since a git revision (docs/review.md)'
	@echo 'make audit KERNEL=DIR DRIVER=PATH  one driver in depth, in the tree or outside one, beside the others'
	@echo 'make review KERNEL=DIR MBOX=FILE review a patch series (or -); replies in OUT/review.mbox'
	@echo '                                 of either ONLY_DRIVER=, ONLY_PATH=, RULE=, SEVERITY= show a part'
	@echo 'make baseline ID=... REASON=...  accept a finding of the last audit; without ID drop stale entries'
	@echo 'make patches KERNEL=DIR          a patch series for the findings in OUT/patches (ONLY=, RULE=, DRIVER=,'
	@echo '                                 SPLIT=rule|driver, SIGNOFF=, SOFT_MESSAGES=debug: docs/patches.md)'
	@echo 'make fix KERNEL=DIR              make the same edits in the tree'
	@echo 'make build                       build/attach-checks, the program with all steps'
	@echo 'make sparse                      engine sparse: an audit uses it from then on (ENGINES=coccinelle does not)'
	@echo 'make clang                       engine clang: paths to what the others find (ENGINES=, docs/clang.md)'
	@echo 'make engines                     both'
	@echo 'make prepare KERNEL=DIR          configure a tree for it now, not in the first audit (O=DIR: take that build)'
	@echo 'make check                       build with sanitizers too, run the tests and fuzz for a minute'
	@echo 'make fuzz                        fuzz the checkers for longer (MINUTES=30, SEED=)'
	@echo 'make mutants                     plant odd code in Linux 6.1 (its Debian package): nothing may vanish (SEED=)'
	@echo 'make lint                        shellcheck, black, mypy, and parse every semantic patch'
	@echo 'make bench                       accuracy and speed on the linux-source packages (minutes)'
	@echo 'make install                     into $$(DESTDIR)$$(PREFIX), as attach-audit'
	@echo 'make doctor                      what is installed, what that allows, what mends the rest'
	@echo 'make uninstall                   removes what make install made'
	@echo 'make clean                       remove build/'

# ------------------------------------------------------------- what is needed

# $(call need,PROBE,PACKAGE): names the package when the probe fails
need = $(1) >/dev/null 2>&1 || set -- "$$@" $(2);

AUDIT_NEEDS = $(call need,command -v gcc,gcc) \
	$(call need,echo 'int main(void) { return 0; }' | $(CC) -x c - -o /dev/null,gcc libc6-dev) \
	$(call need,$(CC) -include jansson.h -E -x c /dev/null,libjansson-dev) \
	$(call need,$(CC) -include blake2.h -E -x c /dev/null,libb2-dev) \
	$(call need,command -v "$${SPATCH:-spatch}",coccinelle) \
	$(call need,$(PYTHON) -c 'import json',python3)
PATCHES_NEEDS = $(AUDIT_NEEDS) \
	$(call need,command -v git,git) \
	$(call need,command -v perl,perl) $(call need,command -v bwrap,bubblewrap)
REVIEW_NEEDS = $(AUDIT_NEEDS) \
	$(call need,command -v git,git) \
	$(call need,$(PYTHON) -c 'import unidiff',python3-unidiff)
CHECK_NEEDS = $(PATCHES_NEEDS) $(REVIEW_NEEDS) \
	$(call need,command -v b4,b4) \
	$(call need,command -v yamllint,yamllint) \
	$(call need,command -v pre-commit,pre-commit) \
	$(call need,command -v shellcheck,shellcheck) \
	$(call need,$(PYTHON) -c 'import pytest',python3-pytest) \
	$(call need,$(PYTHON) -c 'import jsonschema',python3-jsonschema) \
	$(call need,$(PYTHON) -c 'import jinja2',python3-jinja2) \
	$(call need,$(PYTHON) -c 'import markdown',python3-markdown) \
	$(call need,$(PYTHON) -c 'import junitparser',python3-junitparser) \
	$(call need,$(PYTHON) -c 'import selenium',python3-selenium) \
	$(call need,command -v chromium,chromium) \
	$(call need,command -v chromedriver,chromium-driver) \
	$(call need,command -v dot,graphviz) \
	$(call need,command -v npm,npm)
LINT_NEEDS = $(CHECK_NEEDS) \
	$(call need,command -v shellcheck,shellcheck) \
	$(call need,$(PYTHON) -c 'import black',black) \
	$(call need,$(PYTHON) -c 'import mypy',python3-mypy) \
	$(call need,ls /usr/lib/python3/dist-packages/jsonschema-stubs,python3-typeshed)

# Installs what is missing where that was asked for, else says how.
MAY_INSTALL := $(and $(filter-out no,$(INSTALL)),$(filter audit check engines,$(MAKECMDGOALS)))
INSTALL_MISSING = [ $$\# -eq 0 ] || \
	if [ -n "$(MAY_INSTALL)" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing $$* (INSTALL=no refuses)" >&2; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$$@" >&2; \
	else \
		echo "missing packages: install them with: sudo apt-get install $$*" >&2; exit 2; \
	fi

need-audit:
	@set --; $(AUDIT_NEEDS) $(INSTALL_MISSING)

need-patches:
	@set --; $(PATCHES_NEEDS) $(INSTALL_MISSING)

need-review:
	@set --; $(REVIEW_NEEDS) $(INSTALL_MISSING)

need-check:
	@set --; $(CHECK_NEEDS) $(INSTALL_MISSING)

need-lint:
	@set --; $(LINT_NEEDS) $(INSTALL_MISSING)

# -------------------------------------------------------------------- targets

build: build/attach-checks

build/attach-checks: $(SOURCES) $(HEADERS) front/__init__.py Makefile | need-audit
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(LANGUAGE) $(CPPFLAGS) $(SOURCES) $(LDFLAGS) $(LIBS) -o $@

build/san/attach-checks: $(SOURCES) $(HEADERS) front/__init__.py Makefile | need-check
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) $(WARNINGS) $(LANGUAGE) $(SOURCES) $(LIBS) -o $@

need-known:
	@[ -z "$(UNKNOWN)" ] || { echo 'make: $(firstword $(UNKNOWN)): no such variable: one of $(OPTIONS) $(PLAIN)' >&2; exit 2; }

# make ends with 2 whenever a command fails: ./run-audit.sh tells 1 from 2.
audit: need-known build
	@$(AUDIT) $(SHOWN) $(call given,BASE,--base) $(call given,MBOX,--mbox) $(call given,DRIVER,--driver)

patches: need-known build need-patches
	@$(AUDIT) --patches $(EDITS)

fix: need-known build need-patches
	@$(AUDIT) --fix $(EDITS)

LAST = PYTHON=$(PYTHON) ./run-audit.sh $(call given,OUT,--out) $(call given,BASELINE,--baseline)
baseline: need-known build
	@$(LAST) $(if $(call on_line,ID),--accept=$(call quoted,ID) $(call given,REASON,--reason),--prune)

review: need-known build need-review
	@[ -n "$$MBOX" ] || { echo 'make review: needs MBOX=FILE, a folder of patches, or - for standard input' >&2; exit 2; }
	@$(AUDIT) $(SHOWN) $(call given,BASE,--base) $(call given,MBOX,--mbox)

history: need-known build
	@PYTHON=$(PYTHON) ./run-audit.sh history $(call given,KERNEL,--kernel) $(call given,REVS,--revs) \
		$(call given,TREES,--trees) $(call given,SHARD,--shard) $(call given,OUT,--out)

check: need-check build/attach-checks build/san/attach-checks
	$(PYTHON) -m pytest -q -p no:cacheprovider tests
	$(PYTHON) tests/fuzz.py --minutes 1

fuzz: need-check build/attach-checks build/san/attach-checks build/san/attach-check
	$(PYTHON) tests/fuzz.py --minutes $${MINUTES:-30} --seed $${SEED:-1}

mutants: need-check build/attach-checks
	@set --; $(call need,test -f /usr/src/linux-source-6.1.tar.xz,linux-source-6.1) $(INSTALL_MISSING)
	$(PYTHON) tests/mutants.py --seed $${SEED:-1}

lint: need-lint
	shellcheck run-audit.sh .ci/run docs/ci/pre-push docs/completion.bash checkers/read/*.sh
	$(PYTHON) -m black --quiet --check --line-length 100 front report tests checkers/clang
	$(PYTHON) -m mypy --strict front report tests/*.py
	$(PYTHON) -m mypy --strict checkers/clang/analyse.py
	$(PYTHON) -m mypy --strict checkers/read/flags.py
	@cd semantic-patches && for patch in *.cocci coccicheck/*.cocci; do \
		[ ! -f "$$patch" ] || spatch --very-quiet --parse-cocci "$$patch" >/dev/null 2>&1 || \
			{ echo "semantic-patches/$$patch: does not parse: spatch --parse-cocci $$patch tells why" >&2; exit 1; }; \
	done

# its peers among them
bench: need-check build/attach-checks engines
	@set --; $(call need,command -v sparse,sparse) $(INSTALL_MISSING)
	$(PYTHON) tests/bench.py

# ------------------------------------------------------------- engine sparse

SPARSE_SOURCES := $(filter-out checkers/main.c,$(SOURCES)) $(WITH_SPARSE)
PREPARE_NEEDS = $(call need,command -v clang-19,clang-19) $(call need,command -v ld.lld-19,lld-19) \
	$(call need,command -v llvm-ar-19,llvm-19) $(call need,command -v flex,flex) $(call need,command -v bison,bison) \
	$(call need,$(CC) -include openssl/ssl.h -E -x c /dev/null,libssl-dev) \
	$(call need,$(CC) -include libelf.h -E -x c /dev/null,libelf-dev) \
	$(call need,command -v bc,bc) $(call need,command -v bwrap,bubblewrap)

.PHONY: prepare need-prepare sparse

# what ENGINES=coccinelle,sparse needs
sparse: build/attach-check need-prepare

need-prepare:
	@set --; $(PREPARE_NEEDS) $(INSTALL_MISSING)

build/sparse/libsparse.a: checkers/read/fetch-sparse.sh | need-audit
	checkers/read/fetch-sparse.sh build/sparse

build/attach-check: build/sparse/libsparse.a $(SPARSE_SOURCES) $(HEADERS) checkers/read/unit.h | need-audit
	$(CC) $(CFLAGS) $(WARNINGS) $(LANGUAGE) $(CPPFLAGS) -Ibuild/sparse $(SPARSE_SOURCES) $(LDFLAGS) \
		build/sparse/libsparse.a $(LIBS) -lm -o $@

# sparse's own headers compute member addresses of null lists
build/san/attach-check: build/sparse/libsparse.a $(SPARSE_SOURCES) $(HEADERS) checkers/read/unit.h | need-check
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) -fno-sanitize=null $(WARNINGS) $(LANGUAGE) -Ibuild/sparse $(SPARSE_SOURCES) build/sparse/libsparse.a $(LIBS) -lm -o $@

check: build/san/attach-check build/attach-check

# ------------------------------------------------------------- engine clang

CXXFLAGS ?= -O2
LLVM_CONFIG ?= llvm-config-19
PATH_SOURCES := $(SHARED) $(wildcard checkers/clang/*.c)
PATH_OBJECTS := $(PATH_SOURCES:checkers/%.c=build/clang/%.o) \
	$(patsubst checkers/%.cpp,build/clang/%.o,$(wildcard checkers/clang/*.cpp))
PATH_HEADERS := $(HEADERS) $(wildcard checkers/clang/*.h)
CXX_LANGUAGE = -isystem $(shell $(LLVM_CONFIG) --includedir) -std=c++17 -fno-exceptions \
	-D_GNU_SOURCE -D__STDC_CONSTANT_MACROS -D__STDC_FORMAT_MACROS -D__STDC_LIMIT_MACROS
CLANG_NEEDS = $(call need,command -v clang-19,clang-19) $(call need,command -v $(LLVM_CONFIG),llvm-19-dev) \
	$(call need,command -v $(CXX),g++) \
	$(call need,ls "$$($(LLVM_CONFIG) --includedir)/clang/StaticAnalyzer/Core/Checker.h",libclang-19-dev)

.PHONY: clang need-clang engines

# an audit uses it from then on
clang: build/attach-path.so build/attach-open.so need-prepare

engines: sparse clang

need-clang:
	@set --; $(CLANG_NEEDS) $(INSTALL_MISSING)

build/clang/%.o: checkers/%.c $(PATH_HEADERS) front/__init__.py Makefile | need-audit
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(LANGUAGE) $(CPPFLAGS) -fPIC -fvisibility=hidden -c $< -o $@

build/clang/%.o: checkers/%.cpp $(PATH_HEADERS) Makefile | need-clang
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(WARNINGS) $(CXX_LANGUAGE) $(CPPFLAGS) -fPIC -fvisibility=hidden -c $< -o $@

build/attach-path.so: $(PATH_OBJECTS)
	$(CXX) -shared -Wl,-Bsymbolic $(LDFLAGS) $(PATH_OBJECTS) -ljansson -lb2 -o $@

# clang is started with it: no FIFO is opened
build/attach-open.so: checkers/read/open.c Makefile | need-audit
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) $(LANGUAGE) -fPIC -shared $< -o $@

check: build/attach-path.so build/attach-open.so

# once a tree, for the architectures that its drivers turn out to need; an audit does it by itself
prepare: need-known sparse build
	@[ -n "$$KERNEL" ] || { echo 'make prepare: needs KERNEL=DIR' >&2; exit 2; }
	@$(AUDIT) --prepare

# where things go: everything of the tool in one folder, read-only from then on
LIB = $(DESTDIR)$(PREFIX)/lib/attach-audit
SHARE = $(DESTDIR)$(PREFIX)/share
install: build/attach-checks
	install -d "$(LIB)/build" "$(LIB)/checkers/read" "$(LIB)/checkers/clang" "$(LIB)/docs" "$(DESTDIR)$(PREFIX)/bin" \
		"$(SHARE)/man/man1" "$(SHARE)/bash-completion/completions"
	install -m 755 run-audit.sh "$(LIB)/"
	for program in attach-checks attach-check; do [ ! -x build/$$program ] || install -m 755 build/$$program "$(LIB)/build/"; done
	[ ! -f build/attach-path.so ] || install -m 644 build/attach-path.so build/attach-open.so "$(LIB)/build/"
	install -m 755 checkers/read/*.sh checkers/read/flags.py "$(LIB)/checkers/read/"
	install -m 755 checkers/clang/analyse.py "$(LIB)/checkers/clang/"
	install -m 644 contract.json baseline.json "$(LIB)/"
	install -m 644 checkers/api.json "$(LIB)/checkers/"
	cp -R semantic-patches sample front report "$(LIB)/"
	cp -R docs/*.md docs/rules docs/ci "$(LIB)/docs/"
	find "$(LIB)" -name __pycache__ -prune -exec rm -rf {} +
	ln -sf ../lib/attach-audit/run-audit.sh "$(DESTDIR)$(PREFIX)/bin/attach-audit"
	install -m 644 docs/attach-audit.1 "$(SHARE)/man/man1/"
	install -m 644 docs/completion.bash "$(SHARE)/bash-completion/completions/attach-audit"

uninstall:
	rm -rf "$(LIB)"
	rm -f "$(DESTDIR)$(PREFIX)/bin/attach-audit" "$(SHARE)/man/man1/attach-audit.1" \
		"$(SHARE)/bash-completion/completions/attach-audit"

doctor:
	@PYTHON=$(PYTHON) ./run-audit.sh doctor

clean:
	rm -rf build
