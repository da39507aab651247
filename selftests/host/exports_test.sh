#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The functions of libaf.h, the symbols of libaf.map and those that libaf.so
# exports are the same, and so are those that releases had, with the version at
# which each came.  The library needs nothing but libc and libseccomp, and its
# version is that of CHANGELOG and of the packages.
#
# What releases had is in debian/libaf0.symbols, where a line is added with each
# new function and stays as it is from the release on: programs look for it.
set -euo pipefail

declared()
{
	${CC:-gcc} -E -P -Iinclude include/libaf.h | tr '\n' ' ' |
		grep -oE '\blibaf_[a-z0-9_]+ ?\(' | tr -d ' (' | sort -u
}

mapped()
{
	sed -n 's/^\t\(libaf_[a-z0-9_]*\);$/\1/p' lib/libaf.map | sort
}

exported()
{
	nm -D --defined-only "$AF_BUILD/libaf.so" |
		sed -n 's/.* T \([a-z0-9_]*\)@@LIBAF_.*/\1/p' | sort
}

released()
{
	sed -n 's/^ \(libaf_[a-z0-9_]*\)@LIBAF_\([0-9.]*\) \2$/\1 \2/p' \
		debian/libaf0.symbols | sort
}

exported_versions()
{
	nm -D --defined-only "$AF_BUILD/libaf.so" |
		sed -n 's/.* T \([a-z0-9_]*\)@@LIBAF_\([0-9.]*\)$/\1 \2/p' | sort
}

# A static library cannot hide what its files have in common.
archived()
{
	nm -g --defined-only "$AF_BUILD/libaf.a" |
		sed -n 's/^[0-9a-f]* [A-Z] //p' | sort -u
}

# Anything else that a program would see.
others()
{
	nm -D --defined-only "$AF_BUILD/libaf.so" |
		grep -vE ' T libaf_[a-z0-9_]*@@LIBAF_| A LIBAF_[0-9.]+$' || :
}

needed()
{
	readelf -d "$AF_BUILD/libaf.so" |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' |
		grep -vE '^(libc\.so\.6|libseccomp\.so\.2|ld-linux-x86-64\.so\.2)$' || :
}

version=$(sed -n 's/^LIBAF_\([0-9.]*\) {.*/\1/p' lib/libaf.map | tail -n 1)
[ "$(sed -n '1s/^libaf (\([0-9.]*\)) .*/\1/p' debian/changelog)" = "$version" ]
[ "$(sed -n '/^[0-9]/{s/ .*//p;q}' CHANGELOG)" = "$version" ]

diff <(declared) <(mapped)
diff <(mapped) <(exported)
[ -n "$(exported)" ]
diff <(released) <(exported_versions)
diff <(exported) <(archived | grep '^libaf_')
if archived | grep -vE '^(lib)?af_'; then
	exit 1
fi
[ -z "$(others)" ] || { others; exit 1; }
[ -z "$(needed)" ] || { needed; exit 1; }
readelf -d "$AF_BUILD/libaf.so" | grep -qE 'SONAME.*\[libaf\.so\.[0-9]+\]$'
