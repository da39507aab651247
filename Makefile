# SPDX-License-Identifier: LGPL-2.1-or-later
#
# "make help" lists what there is.

ifneq ($(words $(CURDIR)),1)
$(error make cannot work in a directory whose path has blanks: $(CURDIR))
endif

# Where everything that is built goes.
O ?= build
ifneq ($(words $(O)),1)
$(error O must be one path without blanks)
endif
# One name for each file, however it was given: dependencies are by name.
override O := $(abspath $(O))
# For the scripts: what override has touched, make does not hand on by itself.
export O

ifeq ($(origin CC),default)
CC = gcc
endif
PKG_CONFIG ?= pkg-config
# Before "make check" has installed it there is none, and nothing to say of it.
pkg_config = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null || echo '$(3)')
CFLAGS ?= -O2 -g
# WERROR= builds with compilers that know more warnings.
WERROR ?= -Werror

prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man
bashcompdir ?= $(prefix)/share/bash-completion/completions
zshcompdir ?= $(prefix)/share/zsh/site-functions
fishcompdir ?= $(prefix)/share/fish/vendor_completions.d
DESTDIR ?=
ifneq ($(words x$(DESTDIR) x$(prefix) x$(bindir) x$(libdir) x$(includedir) \
	x$(mandir) x$(bashcompdir) x$(zshcompdir) x$(fishcompdir)),9)
$(error DESTDIR, prefix and each *dir must be one path without blanks)
endif

# cd would say where it went, into what scripts read.
unexport CDPATH

# Which kernels the tests are about: a directory of kernel-patches.
BASE ?= 6.12
export BASE

# SAN=address,undefined builds everything with these sanitizers.
SAN ?=
ifneq ($(SAN),)
san_flags := -fsanitize=$(SAN) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
endif

# Not -I: lib/elf.h must not stand before <elf.h>.
af_cppflags := -Iinclude -iquote lib
af_cflags := -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith $(WERROR) $(san_flags)
af_ldflags := $(san_flags)
deps_flags = -MMD -MP

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all lib tools samples unit proofs fuzzers programs setup check
.PHONY: check-long check-debug check-apps fuzz demo shell bench bench-apps
.PHONY: bench-programs coverage lint
.PHONY: install uninstall deb check-deb clean help

all: lib tools samples

include lib/Makefile
include tools/Makefile
include samples/Makefile
include selftests/Makefile

# record NAME: writes $(O)/NAME if it does not say what NAME_now is.
define record
ifneq ($$($(1)_now),$$(file <$(O)/$(1)))
$$(shell mkdir -p $(O))
$$(file >$(O)/$(1),$$($(1)_now))
endif
endef

# A changed flag or compiler rebuilds everything.
flags_now := $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(af_cflags)
$(eval $(call record,flags))

# A source that has come or gone is missing from, or still in, what is made of all.
sources_now := $(lib_src) $(tools_src) $(tools_static)
$(eval $(call record,sources))

setup:
	@scripts/setup

check: setup
	@selftests/run

check-long:
	@scripts/setup --long $$(grep -v '^#' selftests/rows/PACKAGES)
	@selftests/run --long

check-debug: setup
	@selftests/run --debug

check-apps: setup
	@selftests/run --apps

fuzz: setup
	@selftests/guided/run

demo: setup
	$(Q)$(MAKE) --no-print-directory all programs
	@samples/demo

shell: setup
	$(Q)$(MAKE) --no-print-directory all programs
	@selftests/qemu/shell

bench: setup
	$(Q)$(MAKE) --no-print-directory all programs bench-programs
	@selftests/bench/run_compiler
	@selftests/bench/run_startup
	@selftests/bench/run_calls

bench-apps: setup
	$(Q)$(MAKE) --no-print-directory all programs bench-programs
	@selftests/bench/run_apps

deb:
	@scripts/setup --deb
	@scripts/deb

check-deb:
	@scripts/setup --deb
	@scripts/deb --check

coverage:
	@scripts/setup --unit
	@selftests/coverage

c_files := $(wildcard include/*.h include/libaf/*.h lib/*.[ch] tools/*.[ch] \
	samples/*.[ch] samples/*/*.[ch] selftests/*/*.[ch])

lint:
	$(say) FORMAT "$(words $(c_files)) files"
	$(Q)clang-format --dry-run --Werror $(c_files)
	$(say) SHELL 'all scripts'
	$(Q)if command -v shellcheck >/dev/null; then \
		scripts/list-shell | xargs shellcheck -x; \
	else \
		echo 'shellcheck is not installed'; \
	fi

# For libaf.pc, whose users may say that prefix is elsewhere.
below_prefix = $(patsubst $(prefix)/%,$${prefix}/%,$(1))

install: lib tools
	install -d $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(bindir) \
		$(DESTDIR)$(includedir)/libaf
	install -m 644 include/libaf.h $(DESTDIR)$(includedir)/
	install -m 644 include/libaf/abi.h $(DESTDIR)$(includedir)/libaf/
	install -m 644 $(lib_a) $(DESTDIR)$(libdir)/
	install -m 755 $(lib_so) $(DESTDIR)$(libdir)/
	ln -sf $(notdir $(lib_so)) $(DESTDIR)$(libdir)/$(lib_soname)
	ln -sf $(lib_soname) $(DESTDIR)$(libdir)/libaf.so
	sed -e 's|@prefix@|$(prefix)|' \
		-e 's|@libdir@|$(call below_prefix,$(libdir))|' \
		-e 's|@includedir@|$(call below_prefix,$(includedir))|' \
		-e 's|@version@|$(lib_version)|' lib/libaf.pc.in | \
		install -m 644 /dev/stdin \
			$(DESTDIR)$(libdir)/pkgconfig/libaf.pc
	$(if $(tools_bin),install -m 755 $(tools_bin) $(DESTDIR)$(bindir)/)
	set -e; for page in $(man_pages); do \
		dir=$(DESTDIR)$(mandir)/man$${page##*.}; \
		install -d $$dir; install -m 644 $$page $$dir/; \
	done
	install -D -m 644 tools/completion/af.bash $(DESTDIR)$(bashcompdir)/af
	install -D -m 644 tools/completion/_af $(DESTDIR)$(zshcompdir)/_af
	install -D -m 644 tools/completion/af.fish \
		$(DESTDIR)$(fishcompdir)/af.fish

uninstall:
	rm -f $(DESTDIR)$(includedir)/libaf.h \
		$(DESTDIR)$(includedir)/libaf/abi.h \
		$(addprefix $(DESTDIR)$(libdir)/,libaf.a libaf.so \
			$(lib_soname) $(notdir $(lib_so)) pkgconfig/libaf.pc) \
		$(addprefix $(DESTDIR)$(bindir)/,$(notdir $(tools_bin))) \
		$(DESTDIR)$(bashcompdir)/af $(DESTDIR)$(zshcompdir)/_af \
		$(DESTDIR)$(fishcompdir)/af.fish
	for page in $(man_pages); do \
		rm -f $(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/}; \
	done
	-rmdir $(DESTDIR)$(includedir)/libaf

man_pages := $(wildcard lib/man/*.[1-9] tools/*.[1-9])

# Only what was built here: O may be a directory with other things in it.
clean:
	rm -rf $(addprefix $(O)/,lib tools samples selftests asan bench clang \
		check coverage deb fuzz af libaf.a libaf.so libaf.so.* flags sources)
	-@rmdir $(O) 2>/dev/null || true

bases = $(patsubst kernel-patches/%/BASE,%,$(wildcard kernel-patches/*/BASE))
help:
	@echo 'make              the library, the af tool and the samples, into $(O)/'
	@echo 'make demo         see what it does, on a patched kernel under QEMU'
	@echo 'make check        all tests, on this kernel and on patched ones'
	@echo 'make check-long   proofs; libraries of 74 Debian packages; a browser'
	@echo 'make check-debug  on a kernel with sanitizers; fuzzing; takes hours'
	@echo 'make check-apps   programs under recorded policies, at more work'
	@echo 'make fuzz         coverage-guided fuzzing; FUZZ_SECONDS=N for each target'
	@echo 'make shell        a shell on this system, run by the patched kernel'
	@echo 'make bench        what it costs: to compile and to load, then for each call'
	@echo 'make bench-apps   what it costs programs: redis, sqlite, a pipe, find'
	@echo 'make unit         build the unit tests'
	@echo 'make coverage     which lines of lib/ the unit tests run'
	@echo 'make lint         format of the C files, shellcheck'
	@echo 'make install      to DESTDIR and prefix ($(prefix)); uninstall undoes it'
	@echo 'make deb          Debian packages, in $(O)/deb'
	@echo 'make check-deb    the same, and what lintian says of them'
	@echo 'make clean'
	@echo
	@echo 'demo, check*, fuzz, shell, bench*, coverage and deb first install the'
	@echo 'Debian packages that they need if any is missing; kernels are kept in'
	@echo '~/.cache/libaf.'
	@echo 'Variables: O=DIR V=1 CC CFLAGS SAN=address,undefined JOBS=N'
	@echo '  BASE=$(subst $( ) $( ),|,$(bases)): which kernels, see kernel-patches/README'
	@echo '  LIBAF_CACHE=DIR; CI=true makes a skipped test a failed one'
