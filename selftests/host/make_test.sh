#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The Makefile, in a copy of the tree: what it refuses, builds anew and removes.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2317
set -u
. selftests/apps/tap.sh

cp -R "$tap_top"/{Makefile,include,lib,samples,tools} .
mkdir selftests
cp "$tap_top"/selftests/Makefile selftests

of_make()
{
	make --no-print-directory O=out CFLAGS=-O0 -j2 "$@"
}

#
# Places with blanks
#
would_install()
{
	run 0 of_make -n install "$1=/a/b" && grep -q /a/b "$out"
}

refuses()
{
	run 2 of_make -n install "$1=/a b" &&
		grep -q 'must be one path without blanks' "$out"
}

for place in DESTDIR prefix bindir libdir includedir mandir bashcompdir \
		zshcompdir fishcompdir; do
	check "$place can be a path" would_install "$place"
	check 'without blanks' refuses "$place"
done

#
# What scripts that make runs have of its variables
#
cat >probe.mk <<'end'
include Makefile
probe:
	@echo "CDPATH=<$$CDPATH> O=<$$O>"
end

# probe TEXT COMMAND...: which make prints this.
probe()
{
	local text=$1
	shift
	run 0 env -u O "$@" --no-print-directory -f probe.mk probe &&
		grep -qF "$text" "$out"
}

check 'CDPATH, with which cd prints, is not for scripts' \
	probe 'CDPATH=<>' CDPATH=/usr make O=out
check 'where to build is, if the command line says it' \
	probe "O=<$PWD/out>" make O=out
check 'or the environment' probe "O=<$PWD/out>" O=out make
check 'or nobody' probe "O=<$PWD/build>" make
check 'also as an absolute path' \
	probe "O=<$tap_scratch/else/where>" make O="$tap_scratch/else/where"

#
# Sources that come and go
#
# has FILE: it has what lib/gone.c defines.
has()
{
	run 0 nm "$1" && grep -q ' af_gone$' "$out"
}

has_not()
{
	run 0 nm "$1" && ! grep -q ' af_gone$' "$out"
}

check 'the library' run 0 of_make lib
check 'is without what no source defines' has_not out/libaf.a
printf 'int af_gone(void);\nint af_gone(void)\n{\n\treturn 0;\n}\n' >lib/gone.c
check 'with one more source' run 0 of_make lib
check 'the archive has that, too' has out/libaf.a
check 'and the shared library' has out/libaf.so
rm lib/gone.c
check 'without it' run 0 of_make lib
check 'the archive does not' has_not out/libaf.a
check 'nor the shared library' has_not out/libaf.so
check 'there is nothing to do then' run 0 of_make -q lib

#
# Cleaning
#
cleans()
{
	mkdir -p out/{asan,bench,check,clang,coverage,fuzz,tools}
	touch out/{bench/x,fuzz/x,af,mine}
	run 0 of_make clean || return
	ls -A out >"$out"
	[ "$(cat "$out")" = mine ]
}
check 'make clean removes what make made, and nothing else' cleans
finish
